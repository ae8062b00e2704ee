import { SerialQueue } from "../base/serial-queue.js";
import {
  DEFAULT_FORMAT,
  isMessageType,
  type TranscriptFormat,
} from "../entry/transcript-format.js";
import { isSameFile } from "../file/file-stat.js";
import type { OpenFile } from "../file/file-system.js";
import { readAnchor, type Standing, stillStands, type Tail } from "../scan/end/tail.js";
import { BatchRun } from "./batch-run.js";
import { type KeyedLine, scanKeys } from "./key-scan.js";
import { KeyTable, type Place } from "./key-table.js";

/** A key and where its line stands. */
interface KeyPlace extends Place {
  readonly key: string;
}

/**
 * The keys of one file, and how many messages it has: a pass over the file, then over what is new
 * in it. It takes in no byte that its writer could still cut back: nothing behind an end that was
 * seen with the lock held.
 */
export class KeyIndex {
  /** Grows when the file turns out to be another one: places from before are void. */
  generation = 0;
  /** As of the last `extend`. */
  format: TranscriptFormat = DEFAULT_FORMAT;
  /** Passes by two writers of one process (one opened while the other closes) take turns. */
  readonly #passes = new SerialQueue();
  #table = new KeyTable();
  #batch = new BatchRun<KeyPlace>();
  #messages = 0;
  #end = 0;
  #lastLine: Place | undefined;
  /** By what to tell that the file still begins with what was gone through. */
  #standing: Standing | undefined;
  /** A torn tail that is an entry counts, too; what it is has to be found out each time. */
  #torn: { readonly keys: readonly KeyPlace[]; readonly messages: number } = NO_TORN;

  /** About how much memory it takes, in bytes. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** Entries of type `message` in the file, wherever they stand, as of the last `extend`. */
  get messages(): number {
    return this.#messages + this.#torn.messages;
  }

  /** Where the last line of that key stands, or of another one with its hash. */
  find(key: string): Place | undefined {
    return this.#torn.keys.find((place) => place.key === key) ?? this.#table.find(key);
  }

  /** How many bytes it has to go through to know the file up to `tail`. An estimate. */
  behind(tail: Tail): number {
    const known = this.#standing;
    const goesOn = known && known.end <= tail.end && isSameFile(known.stat, tail.stat);
    return goesOn ? tail.end - known.end : tail.end;
  }

  /**
   * Goes through what is new in the file, up to its end as seen with the lock held.
   *
   * @param wanted asked now and then; on a no the pass ends, and the next one goes on from there
   * @throws the error of a failed read
   */
  async extend(file: OpenFile, tail: Tail, wanted: () => boolean): Promise<void> {
    await this.#passes.add(async () => {
      const { format } = tail;
      if (format !== this.format || !(await this.#stands(file, tail))) this.#reset();
      this.format = format;
      this.#torn = NO_TORN;
      try {
        let whole = true;
        await scanKeys(file, { from: this.#end, to: tail.end, format }, (line) => {
          this.#see(line);
          whole = wanted();
          return whole;
        });
        if (whole) this.#end = tail.end;
      } finally {
        await this.#stand(file, tail);
      }
      const { tornTail } = tail;
      if (tornTail?.kept !== "entry" || this.#end < tail.end) return;
      const torn = { from: tornTail.offset, to: tornTail.offset + tornTail.length, format };
      await scanKeys(file, torn, (line) => this.#seeTorn(line));
    });
  }

  async #stands(file: OpenFile, tail: Tail): Promise<boolean> {
    const known = this.#standing;
    return known !== undefined && known.end <= tail.end && stillStands(file, tail.stat, known);
  }

  #reset(): void {
    this.generation += 1;
    this.#table = new KeyTable();
    this.#batch = new BatchRun();
    this.#messages = 0;
    this.#end = 0;
    this.#lastLine = undefined;
    this.#standing = undefined;
  }

  /** Without a standing, as after an error in here, the next pass begins anew. */
  async #stand(file: OpenFile, tail: Tail): Promise<void> {
    this.#standing = undefined;
    if (this.#lastLine === undefined) return;
    const anchor = await readAnchor(file, this.#lastLine);
    this.#standing = { stat: tail.stat, size: this.#end, end: this.#end, anchor };
  }

  #see(line: KeyedLine): void {
    const { offset, length } = line;
    this.#messages += countOf(line, this.format);
    for (const place of this.#counting(line, (mark, item) => this.#batch.take(mark, item))) {
      this.#table.set(place.key, place);
    }
    this.#lastLine = { offset, length };
    this.#end = offset + length + 1;
  }

  #seeTorn(line: KeyedLine): boolean {
    const keys = this.#counting(line, (mark, item) => this.#batch.foresee(mark, item));
    this.#torn = { keys, messages: countOf(line, this.format) };
    return false;
  }

  /** The keys that count when that line has come. */
  #counting(
    { offset, length, facts, key }: KeyedLine,
    take: BatchRun<KeyPlace>["take"],
  ): readonly KeyPlace[] {
    const item = key === undefined ? undefined : { key, offset, length };
    // Batches are runs of linked entries; others between them change nothing.
    if (facts.kind === "linked") return take(facts.batch, item);
    return item === undefined ? [] : [item];
  }
}

const NO_TORN = { keys: [], messages: 0 } as const;

function countOf({ facts }: KeyedLine, format: TranscriptFormat): number {
  return isMessageType(facts.type, format) ? 1 : 0;
}
