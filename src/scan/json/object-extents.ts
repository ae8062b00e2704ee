import {
  ARRAY,
  DESCEND,
  type Interest,
  type MemberSink,
  OBJECT,
  SKIP,
  type ValueType,
} from "./member-sink.js";

/** Levels whose beginnings are remembered; what nests deeper passes unseen. */
const MAX_DEPTH = 65_536;
/** In place of an offset. */
const NONE = -1;

/** Where one JSON text ends, and where the object begins that ended last within it. */
export class ObjectExtents implements MemberSink {
  /** Whether the text is an object. */
  isObject = false;
  /** Byte behind the whole text; -1 until that has come. */
  textEnd: number = NONE;
  /** Extent of the value that ended last, if that is an object within the text; else -1. */
  innerStart: number = NONE;
  innerEnd: number = NONE;
  readonly #starts: number[] = [];

  reset(): void {
    this.isObject = false;
    this.textEnd = NONE;
    this.innerStart = NONE;
    this.innerEnd = NONE;
  }

  key(): void {
    // Members count by where they stand alone.
  }

  value(depth: number, type: ValueType, at: number): Interest {
    if (depth === 0) this.isObject = type === OBJECT;
    this.#starts[depth] = type === OBJECT ? at : NONE;
    return depth < MAX_DEPTH && (type === OBJECT || type === ARRAY) ? DESCEND : SKIP;
  }

  text(): void {
    // Nothing is captured.
  }

  end(depth: number, at: number): void {
    if (depth === 0) {
      this.textEnd = at;
      return;
    }
    this.innerStart = this.#starts[depth] as number;
    this.innerEnd = this.innerStart === NONE ? NONE : at;
  }
}
