import type { Question } from "../harness/question.js";
import { awaited } from "./awaited.js";
import { coldAppend } from "./cold-append.js";
import { idleMemory } from "./idle-memory.js";
import { longLine } from "./long-line.js";
import { lookup } from "./lookup.js";
import { manyFiles } from "./many-files.js";
import { manyProcesses } from "./many-processes.js";
import { migrate } from "./migrate.js";
import { mirror } from "./mirror.js";
import { outstanding } from "./outstanding.js";
import { reading } from "./reading.js";
import { slowDisk } from "./slow-disk.js";
import { stall } from "./stall.js";
import { start } from "./start.js";
import { synced } from "./synced.js";
import { verify } from "./verify.js";

/** All questions, in the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  awaited,
  outstanding,
  manyFiles,
  manyProcesses,
  synced,
  coldAppend,
  longLine,
  reading,
  lookup,
  verify,
  migrate,
  mirror,
  slowDisk,
  idleMemory,
  start,
  stall,
];

export function questionNamed(name: string): Question {
  const found = QUESTIONS.find((question) => question.name === name);
  if (found === undefined) throw new Error(`there is no question ${name}`);
  return found;
}
