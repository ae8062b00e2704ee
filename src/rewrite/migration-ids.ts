import { IdSet } from "./id-set.js";

/** First reading: a linear entry has it. */
const LINEAR = 1;
/** First reading: one, two, more other entries have it. */
const OTHER = 2;
const OTHER_TWICE = 4;
const OTHER_MANY = 8;
/** Second reading: an entry that bears it has been passed; a second one. */
const PASSED = 16;
const PASSED_TWICE = 32;
/** Second reading: the linear entry that had it was given another one. */
const RENAMED = 64;
/** Second reading: an entry names it as its parent, and an entry that bears it is still to come. */
const AWAITED = 128;

/**
 * What a migration knows of the ids in a file, from two readings of it.
 *
 * It keeps the chain free of circles. A walk from an entry to its parents can come back to that
 * entry only along a parent that stands further down, past the entry. So while such a parent is
 * awaited, linear entries get new ids, which nothing in the file can name. (Of entries that share
 * one id, readers take the last.)
 */
export class MigrationIds {
  readonly #set = new IdSet();
  readonly #generate: () => string;
  #awaited = 0;

  constructor(generate: () => string) {
    this.#generate = generate;
  }

  /** First reading. Returns whether it is the first linear entry with this id. */
  meetLinear(id: string): boolean {
    return (this.#set.mark(id, LINEAR) & LINEAR) === 0;
  }

  /** First reading: an entry that is not going to be changed has this id. */
  meetOther(id: string): void {
    const before = this.#set.marks(id);
    const next =
      (before & OTHER) === 0 ? OTHER : (before & OTHER_TWICE) === 0 ? OTHER_TWICE : OTHER_MANY;
    this.#set.mark(id, next);
  }

  /** Whether an entry that is not going to be changed has this id; known after the first reading. */
  isTaken(id: string): boolean {
    return (this.#set.marks(id) & OTHER) !== 0;
  }

  /** Second reading: whether an entry passed so far bears this id. */
  hasPassed(id: string): boolean {
    return (this.#set.marks(id) & PASSED) !== 0;
  }

  /** Second reading: the entry at hand names this parent. */
  awaitParent(id: string | null): void {
    if (id === null) return;
    const marks = this.#set.marks(id);
    if (marks === 0 || (marks & AWAITED) !== 0 || isSettled(marks)) return;
    this.#set.mark(id, AWAITED);
    this.#awaited += 1;
  }

  /** Second reading, after `awaitParent`: whether the linear entry at hand may keep its id. */
  mayKeep(id: string): boolean {
    return this.#awaited === 0 && (this.#set.marks(id) & (OTHER | PASSED | RENAMED)) === 0;
  }

  /** Second reading: goes past an entry that bears this id. */
  pass(id: string): void {
    this.#settle(id, this.hasPassed(id) ? PASSED_TWICE : PASSED);
  }

  /** Second reading: goes past a linear entry that had this id and was given another. */
  rename(id: string): void {
    if ((this.#set.marks(id) & (OTHER | PASSED)) === 0) this.#settle(id, RENAMED);
  }

  /** A new id that no entry of the file has. */
  fresh(): string {
    let id = this.#generate();
    while (this.#set.marks(id) !== 0) id = this.#generate();
    return id;
  }

  #settle(id: string, mark: number): void {
    const before = this.#set.mark(id, mark);
    if ((before & AWAITED) !== 0 && !isSettled(before) && isSettled(before | mark)) {
      this.#awaited -= 1;
    }
  }
}

/** Whether no further entry that bears the id is to come. */
function isSettled(marks: number): boolean {
  if ((marks & RENAMED) !== 0) return true;
  if ((marks & OTHER_MANY) !== 0) return false;
  return (marks & ((marks & OTHER_TWICE) !== 0 ? PASSED_TWICE : PASSED)) !== 0;
}
