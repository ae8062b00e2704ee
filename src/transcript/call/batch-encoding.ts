import { LeaflogError } from "../../base/errors.js";
import type { EncodedEntry } from "../../entry/encoded-entry.js";
import { WorkPace } from "../../scan/lines/work-pace.js";

/** Turns the entries of a batch into JSON, in slices. */
export class BatchEncoding {
  /** Those that are done. */
  readonly entries: EncodedEntry[] = [];
  readonly #inputs: readonly unknown[];
  readonly #encode: (input: unknown, index: number) => EncodedEntry;
  readonly #ids = new Set<string>();
  readonly #pace = new WorkPace();

  /** @param inputs which are copied: the list may change afterwards */
  constructor(inputs: readonly unknown[], encode: (input: unknown, index: number) => EncodedEntry) {
    this.#inputs = inputs.slice();
    this.#encode = encode;
  }

  /**
   * Goes on for a slice.
   *
   * @returns whether all is done
   * @throws LeaflogError what `encode` throws; `LEAFLOG_INVALID_ARGUMENT` when entries share an id
   */
  advance(): boolean {
    while (this.entries.length < this.#inputs.length) {
      const index = this.entries.length;
      const entry = this.#encode(this.#inputs[index], index);
      this.#ensureOwnId(entry);
      this.entries.push(entry);
      if (this.#pace.isDue(entry.bytes)) return this.entries.length === this.#inputs.length;
    }
    return true;
  }

  /**
   * Goes on to the end.
   *
   * @param isWanted asked between the slices
   * @returns false when it was not wanted any more
   */
  async finish(isWanted: () => boolean): Promise<boolean> {
    do {
      await this.#pace.rest();
      if (!isWanted()) return false;
    } while (!this.advance());
    return true;
  }

  #ensureOwnId({ id }: EncodedEntry): void {
    if (this.#inputs.length < 2) return;
    if (this.#ids.has(id)) {
      const message = `several entries of the call have the \`id\` ${id}: ids must be new to the transcript`;
      throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", message);
    }
    this.#ids.add(id);
  }
}
