import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { type LockChild, LockScene } from "../../lock/children/lock-harness.js";
import { HEADER_LINE, readLines } from "../lines.js";
import { type JournalledEntry, type LoopJournal, readJournal } from "./loop-journal.js";

/** Milliseconds for what takes two or three seconds on a machine that is not overloaded. */
const PATIENCE_MS = 40_000;
const PROGRAM = new URL("../../locking/children/loop-writer.ts", import.meta.url).href;

/** What the journals and the files of a scene add up to. */
export interface TakeoverCounts {
  readonly written: number;
  readonly rejected: number;
  readonly slipped: number;
  /** Entries that do not name the one before them. */
  readonly forks: number;
}

/** Two processes that append to the same transcripts. */
export class TakeoverScene extends LockScene {
  readonly files: number;
  readonly transcripts: string = join(this.directory, "transcripts");
  readonly #names: string[] = [];

  constructor(files: number) {
    super();
    this.files = files;
    mkdirSync(this.transcripts);
    for (let n = 0; n < files; n += 1) writeFileSync(this.#transcript(n), HEADER_LINE);
  }

  async writer(name: string): Promise<LockChild> {
    this.#names.push(name);
    const child = this.start(
      PROGRAM,
      this.transcripts,
      String(this.files),
      name,
      this.#journal(name),
    );
    await child.hear();
    return child;
  }

  /** Entries of one writer that a transcript holds, which may be written to at the time. */
  async countOf(name: string, file: number): Promise<number> {
    const text = await readFile(this.#transcript(file), "utf8");
    return text.split(`"id":"${name}-`).length - 1;
  }

  /** Waits until a writer has appended to every transcript, from now on. */
  async appends(name: string): Promise<void> {
    const numbers = Array.from({ length: this.files }, (_, n) => n);
    const counts = () => Promise.all(numbers.map((n) => this.countOf(name, n)));
    const before = await counts();
    const deadline = performance.now() + PATIENCE_MS;
    while ((await counts()).some((count, n) => count <= (before[n] ?? 0))) {
      if (performance.now() > deadline) throw new Error(`${name} does not get on`);
      await wait(50);
    }
  }

  /**
   * Every writer has ended: each acknowledged entry is there once, none of a rejected one is, and
   * each transcript is one chain but for slips that their writer was told of.
   */
  async verify(): Promise<TakeoverCounts> {
    const journals = this.#names.map((name) => readJournal(this.#journal(name)));
    for (const { codes } of journals) {
      expect(Object.keys(codes).filter((code) => code !== "LEAFLOG_LOCK_LOST")).toEqual([]);
    }
    let forks = 0;
    for (let file = 0; file < this.files; file += 1)
      forks += await this.#verifyFile(file, journals);
    expect(readdirSync(this.transcripts).filter((name) => !name.endsWith(".jsonl"))).toEqual([]);
    const total = (of: (journal: LoopJournal) => readonly JournalledEntry[]) =>
      journals.reduce((sum, journal) => sum + of(journal).length, 0);
    return {
      written: total(({ written }) => written),
      rejected: total(({ rejected }) => rejected),
      slipped: total(({ slipped }) => slipped),
      forks,
    };
  }

  async #verifyFile(file: number, journals: readonly LoopJournal[]): Promise<number> {
    const idsOf = (entries: (journal: LoopJournal) => readonly JournalledEntry[]) =>
      journals.flatMap((journal) =>
        entries(journal).flatMap(([n, id]) => (n === file ? [id] : [])),
      );
    const slipped = new Set(idsOf((journal) => journal.slipped));
    const entries = (await readLines(this.#transcript(file))).slice(1);
    const expected = [...idsOf(({ written }) => written), ...slipped];
    expect(entries.map(({ id }) => id).sort()).toEqual(expected.sort());
    let forks = 0;
    for (const [index, { id, parentId }] of entries.entries()) {
      const previous = entries[index - 1]?.id ?? null;
      if (parentId === previous) continue;
      forks += 1;
      // The slip itself, or the owner's entry that was on its way when another slipped before it.
      const isTold = slipped.has(id) || (previous !== null && slipped.has(previous));
      expect(isTold, `${id} names ${parentId}, behind ${previous}: a fork that was not told`).toBe(
        true,
      );
    }
    return forks;
  }

  #transcript(file: number): string {
    return join(this.transcripts, `${file}.jsonl`);
  }

  #journal(name: string): string {
    return join(this.directory, `${name}.json`);
  }
}
