import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { openTranscript, type Transcript } from "../../../src/index.js";
import { isLeaflogError, type LoopJournal } from "../../support/locking/loop-journal.js";

// Appends to many transcripts at once, one loop each, and keeps a journal of what became of every
// entry. Told on stdin to go, to stop for a while, to end; see `commands`.
const [directory = "", files = "1", name = "", journalFile = ""] = process.argv.slice(2);

const transcripts = await Promise.all(
  Array.from({ length: Number(files) }, (_, n) =>
    openTranscript(join(directory, `${n}.jsonl`), { lock: { staleMs: 2000, timeoutMs: 60_000 } }),
  ),
);
const journal: LoopJournal = { written: [], rejected: [], slipped: [], codes: {} };
const realNow = Date.now;
let going = true;
let sequence = 0;

async function append(transcript: Transcript, file: number): Promise<void> {
  const id = `${name}-${sequence++}`;
  try {
    await transcript.append({ type: "custom", id, padding: "p".repeat(sequence % 500) });
    journal.written.push([file, id]);
  } catch (error) {
    if (!isLeaflogError(error)) throw error;
    journal.codes[error.code] = (journal.codes[error.code] ?? 0) + 1;
    (error.written ? journal.slipped : journal.rejected).push([file, id]);
  }
}

async function loop(transcript: Transcript, file: number): Promise<void> {
  while (going) {
    // One after another, in bunches, with pauses in which the lock lingers or is given back.
    const bunch = Math.random() < 0.2 ? 5 : 1;
    await Promise.all(Array.from({ length: bunch }, () => append(transcript, file)));
    if (Math.random() < 0.2) await wait(Math.random() * 15);
  }
}

/** Blocks the event loop until that file is there. */
function block(signal: string): void {
  while (!existsSync(signal));
}

let loops: Promise<unknown> | undefined;
const commands: Record<string, (argument: string) => unknown> = {
  go: () => {
    loops = Promise.all(transcripts.map(loop));
  },
  block,
  /** Blocks when a call has been made and its group commit is under way. */
  "block-in-burst": async (signal) => {
    for (const [file, transcript] of transcripts.entries()) {
      void Promise.all(Array.from({ length: 20 }, () => append(transcript, file)));
    }
    await wait(Math.random() * 10);
    block(signal);
  },
  /** Sets the wall clock, by so much from the real time. */
  jump: (ms) => {
    Date.now = () => realNow() + Number(ms);
  },
  /** Holds every lock for so long, and appends at the end of it. */
  hold: (ms) =>
    Promise.all(
      transcripts.map((transcript, file) =>
        transcript.transaction(async (tx) => {
          await wait(Number(ms));
          journal.written.push([file, tx.append({ type: "custom", id: `${name}-held` }).id]);
        }),
      ),
    ),
  end: async () => {
    going = false;
    await loops;
    await Promise.all(transcripts.map((transcript) => transcript.close()));
    writeFileSync(journalFile, JSON.stringify(journal));
  },
};

// The test is over, however it ended.
process.stdin.on("end", () => process.exit(1));

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", argument = ""] = line.split(" ");
  await commands[command]?.(argument);
  console.log(command);
  if (command === "end") process.exit(0);
}
