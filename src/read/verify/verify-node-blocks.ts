/** Elements of a block: large enough to be few, small enough to be made without a stall. */
const BLOCK = 65_536;
const SHIFT = 16;
const MASK: number = BLOCK - 1;

type Column = Uint8Array | Uint32Array | Float64Array;

/** A column of numbers that grows without being copied, outside of the JavaScript heap. */
export class NodeBlocks {
  readonly #blocks: Column[] = [];
  readonly #make: (length: number) => Column;

  constructor(make: (length: number) => Column) {
    this.#make = make;
  }

  /** @param index at most one block behind the highest so far */
  set(index: number, value: number): void {
    const block = index >>> SHIFT;
    this.#blocks[block] ??= this.#make(BLOCK);
    this.#blocks[block][index & MASK] = value;
  }

  /** 0 where nothing was set in a block that is there. */
  get(index: number): number {
    return (this.#blocks[index >>> SHIFT] as Column)[index & MASK] as number;
  }

  /** Sets every element that is there to 0, block by block. */
  *clear(): Iterable<void> {
    for (const block of this.#blocks) {
      block.fill(0);
      yield;
    }
  }
}
