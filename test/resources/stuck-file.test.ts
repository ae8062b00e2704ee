import { mkdir, rmdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTranscript, type Transcript } from "../../src/index.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const ROUNDS = process.env.LEAFLOG_LONG === "1" ? 50 : 5;
const APPENDS = 60;
/** Appends to each of the stuck transcripts. */
const LATE = 20;
/** What stuck transcripts may cost another, in milliseconds beyond what it takes without them. */
const DELAY_MS = 5;
/** Operations that never answer, each on a file of its own. */
const HUNG = ["stat", "open", "file.stat", "file.read", "file.write"];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Milliseconds of one append, at the median of several, some of which take the lock anew. */
async function appendMs(transcript: Transcript): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < APPENDS; n += 1) {
    const startedAt = performance.now();
    await transcript.append({ type: "a" });
    times.push(performance.now() - startedAt);
    if (n % 4 === 0) await wait(7);
  }
  return median(times);
}

/** Transcripts of which none gets on: each waits for an operation, or for another's lock. */
class StuckTranscripts {
  readonly #directory: string;
  #stuck: Deferred | undefined;
  readonly fileSystem = interceptedFileSystem(async (call, run) => {
    if (call.path.includes(`hung-${call.name}.`)) await this.#stuck?.promise;
    return run();
  });

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Runs `work` while all of them are stuck, then lets them go and waits for their appends. */
  async during<T>(round: number, work: () => Promise<T>): Promise<T> {
    const names = [...HUNG.map((name) => `hung-${name}`), "locked"];
    const transcripts = await Promise.all(names.map((name) => this.#open(`${round}-${name}`)));
    const lock = join(this.#directory, `${round}-locked.jsonl.lock`);
    await mkdir(lock);
    const heartbeat = setInterval(() => void utimes(lock, new Date(), new Date()), 500);
    const stuck = deferred();
    this.#stuck = stuck;
    const late = transcripts.flatMap((transcript) =>
      Array.from({ length: LATE }, () => transcript.append({ type: "late" })),
    );
    await wait(50);
    const result = await work();
    expect(await Promise.race([...late, wait(20, "none of them got on")])).toMatch(/none/);
    clearInterval(heartbeat);
    await rmdir(lock);
    stuck.resolve();
    await Promise.all(late);
    await Promise.all(transcripts.map((transcript) => transcript.close()));
    for (const { file } of transcripts) expect(await readChain(file)).toHaveLength(LATE);
    return result;
  }

  async #open(name: string): Promise<Transcript> {
    const file = join(this.#directory, `${name}.jsonl`);
    await writeFile(file, HEADER_LINE);
    return openTranscript(file, { fileSystem: this.fileSystem });
  }
}

test("stuck transcripts delay no other", { timeout: 300_000 }, async () => {
  const directory = await tempDirectory();
  const others = new StuckTranscripts(directory);
  const { fileSystem } = others;
  await using free = await openTranscript(join(directory, "free.jsonl"), { fileSystem });
  await appendMs(free);
  const undisturbed: number[] = [];
  const disturbed: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    undisturbed.push(await appendMs(free));
    disturbed.push(await others.during(round, () => appendMs(free)));
  }
  const [without, beside] = [median(undisturbed), median(disturbed)];
  console.log(`append: ${without.toFixed(3)} ms alone, ${beside.toFixed(3)} ms beside stuck ones`);
  expect(beside).toBeLessThan(without + DELAY_MS);
});
