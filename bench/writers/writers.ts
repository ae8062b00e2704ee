import { appendFileSyncWriter, appendFileWriter } from "./append-file.js";
import { floorWriter } from "./floor.js";
import { fullScanWriter } from "./full-scan.js";
import { leaflogWriter } from "./leaflog.js";
import { lockPerAppendWriter } from "./lock-per-append.js";
import { openClawWriter } from "./openclaw.js";
import { piWriter } from "./pi.js";
import { sonicBoomWriter } from "./sonic-boom.js";
import { sqliteWriter } from "./sqlite.js";
import type { WriterKind } from "./writer.js";

/** The arms that write, by the names under which they are printed. */
export const WRITERS = {
  leaflog: leaflogWriter(),
  "leaflog synced": leaflogWriter({ durability: "synced" }),
  floor: floorWriter(),
  "floor + fdatasync": floorWriter({ sync: true }),
  appendFile: appendFileWriter,
  appendFileSync: appendFileSyncWriter,
  "sonic-boom": sonicBoomWriter("as it comes"),
  "sonic-boom tuned": sonicBoomWriter("tuned"),
  "sonic-boom buffers": sonicBoomWriter("buffers"),
  "sonic-boom + drain": sonicBoomWriter("as it comes", { awaited: true }),
  "lock per append": lockPerAppendWriter,
  pi: piWriter,
  OpenClaw: openClawWriter,
  "node:sqlite": sqliteWriter(),
  "node:sqlite FULL": sqliteWriter({ sync: true }),
  before: fullScanWriter,
} as const satisfies Record<string, WriterKind>;

export type WriterName = keyof typeof WRITERS;

export function writerKind(name: string): WriterKind {
  const kind = (WRITERS as Record<string, WriterKind>)[name];
  if (kind === undefined) throw new Error(`there is no writer ${name}`);
  return kind;
}
