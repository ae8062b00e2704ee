import { runWriterProcess } from "../questions/many-processes.js";
import { questionNamed } from "../questions/questions.js";
import { Unavailable } from "./peers.js";
import type { Series, TrialPlace, TrialResult } from "./question.js";

/** What a trial process is asked. */
export interface TrialOrder {
  readonly question: string;
  readonly series: Series;
  readonly place: TrialPlace;
}

/** What it answers. */
export type TrialAnswer =
  | { readonly result: TrialResult }
  | { readonly unavailable: string }
  | { readonly failed: string };

const [order, ...rest] = process.argv.slice(2);
if (order === "writer") {
  await runWriterProcess(rest);
} else if (process.send && order !== undefined) {
  const answer = await carryOut(JSON.parse(order));
  // Libraries leave timers and handles behind; what they wrote has been looked at.
  process.send(answer, () => process.exit(0));
}

async function carryOut({ question, series, place }: TrialOrder): Promise<TrialAnswer> {
  try {
    return { result: await questionNamed(question).trial(series, place) };
  } catch (error) {
    if (error instanceof Unavailable) return { unavailable: error.message };
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
