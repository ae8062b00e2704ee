import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { checkWritten } from "../harness/check-written.js";
import { each, type Question, type TrialResult } from "../harness/question.js";
import { appendInLanes } from "../workload/in-flight.js";
import { Messages } from "../workload/messages.js";
import { writerKind } from "../writers/writers.js";

const WORK_MS = { short: 200, full: 2000 } as const;
const LANES = 64;
const PROCESSES: Readonly<Record<string, number>> = { "1 process": 1, "4 processes": 4 };

/** Several processes that append to one file. */
export const manyProcesses: Question = {
  name: "many-processes",
  asks: "How many appends a second to one file, from 4 processes with 64 in flight each?",
  headline: "rate",
  columns: ["ms"],
  series: () => [
    ...each(["1 process"], ["leaflog"]),
    ...each(["4 processes"], ["leaflog", "lock per append"]),
  ],
  trial: async ({ case: name, arm }, { form, directory }): Promise<TrialResult> => {
    const file = join(directory, "shared");
    const writers = Array.from({ length: PROCESSES[name] as number }, () =>
      WriterProcess.start(arm, file, WORK_MS[form]),
    );
    try {
      await Promise.all(writers.map((writer) => writer.next("ready")));
      const startedAt = performance.now();
      for (const writer of writers) writer.go();
      const counts = await Promise.all(writers.map((writer) => writer.next("done")));
      const ms = performance.now() - startedAt;
      const count = counts.reduce((sum, one) => sum + one, 0);
      const fault = await checkWritten({ format: writerKind(arm).format, file, count });
      return {
        values: { rate: (1000 * count) / ms, ms },
        ...(fault !== undefined && { fault }),
      };
    } finally {
      for (const writer of writers) writer.stop();
    }
  },
};

interface Word {
  readonly word: "ready" | "done";
  readonly count: number;
}

class WriterProcess {
  readonly #child: ChildProcess;
  readonly #heard: Word[] = [];
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (word) => this.#heard.push(word as Word));
    this.#ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`a writer ended with ${signal ?? `exit code ${code}`}`);
    });
    // It ends in any case, once it has been stopped.
    this.#ended.catch(() => undefined);
  }

  static start(arm: string, file: string, ms: number): WriterProcess {
    const child = fork(process.argv[1] as string, ["writer", arm, file, String(ms)]);
    return new WriterProcess(child);
  }

  go(): void {
    this.#child.send("go");
  }

  /** Waits for the word; resolves to what it counted. */
  async next(word: Word["word"]): Promise<number> {
    for (;;) {
      const found = this.#heard.find((heard) => heard.word === word);
      if (found) return found.count;
      await Promise.race([once(this.#child, "message"), this.#ended]);
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** The part of a writer process: waits for the word, then appends for so long. */
export async function runWriterProcess([arm = "", file = "", ms = "0"]: string[]): Promise<void> {
  const say = (said: Word) =>
    new Promise<void>((resolve, reject) => {
      process.send?.(said, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  const kind = writerKind(arm);
  const messages = new Messages(300);
  const warm = await kind.open(`${file}.warm-up-${process.pid}`);
  await appendInLanes(warm, messages, LANES, { count: 500, ms: 100 });
  await warm.close();
  const writer = await kind.open(file);
  const told = once(process, "message");
  await say({ word: "ready", count: 0 });
  await told;
  const { length } = await appendInLanes(writer, messages, LANES, { ms: Number(ms) });
  await writer.close();
  await say({ word: "done", count: length });
  process.exit(0);
}
