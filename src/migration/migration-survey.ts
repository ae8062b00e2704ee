import { HEADER_VERSION } from "../entry/header.js";
import type { MigrationIds } from "../rewrite/migration-ids.js";
import type { LineFacts } from "../scan/lines/line-facts.js";

/** An entry further down than the compaction that names it. */
interface ForwardEntry {
  readonly id: string | undefined;
  readonly keepsId: boolean;
}

/** The first reading of a file: what it holds, and whether anything is to be changed. */
export class MigrationSurvey {
  entries = 0;
  linear = 0;
  malformed = 0;
  /** Of the first header; absent without one, or when it names none. */
  version: number | undefined;
  /**
   * The entries that compactions name by index, and the id that each has after the migration, as
   * far as it is known: of an entry above its compaction it is known when that has been passed.
   */
  readonly keptEntries: Map<number, string | undefined> = new Map();
  readonly #forward = new Map<number, ForwardEntry>();
  readonly #ids: MigrationIds;
  /** Of the last line that holds a JSON value: what compactions of version 1 count by. */
  #index = -1;
  #headers = 0;
  #headersBelow = 0;
  #hookMessages = 0;

  constructor(ids: MigrationIds) {
    this.#ids = ids;
  }

  /** Whether roles and headers are to be converted. */
  get outdated(): boolean {
    return (this.version ?? 1) < HEADER_VERSION;
  }

  /** Whether the file needs no migration. */
  get settled(): boolean {
    if (this.linear > 0) return false;
    return !this.outdated || this.#hookMessages + this.#headersBelow === 0;
  }

  /** Whether the first header is of a version that nobody here knows. */
  get tooNew(): boolean {
    return (this.version ?? 1) > HEADER_VERSION;
  }

  /** Takes the next line. */
  meet(facts: LineFacts): void {
    const { kind } = facts;
    if (kind === "malformed") this.malformed += 1;
    if (kind === "malformed" || kind === "blank" || facts.note) return;
    this.#index += 1;
    if (kind === "value") return;
    if (kind === "header") {
      this.#meetHeader(facts);
      return;
    }
    this.entries += 1;
    if (isHookMessage(facts)) this.#hookMessages += 1;
    if (kind === "linear") this.#meetLinear(facts);
    else this.#meetOther(facts);
  }

  /** Takes a whole record of a malformed line, behind that: it counts where it is linked. */
  meetRecord({ kind, id }: LineFacts): void {
    if (kind === "linked" && id !== undefined) this.#ids.meetOther(id);
  }

  /** Ends the first reading: the ids of entries that are named before they come are settled now. */
  finish(): void {
    for (const [index, { id, keepsId }] of this.#forward) {
      const kept = keepsId && id !== undefined && !this.#ids.isTaken(id);
      this.keptEntries.set(index, kept ? id : this.#ids.fresh());
    }
  }

  #meetHeader(facts: LineFacts): void {
    if (this.#headers === 0) this.version = facts.version;
    this.#headers += 1;
    if (isBelow(facts)) this.#headersBelow += 1;
  }

  #meetLinear(facts: LineFacts): void {
    this.linear += 1;
    const id = usableId(facts);
    const first = id !== undefined && this.#ids.meetLinear(id);
    if (this.keptEntries.has(this.#index)) {
      this.#forward.set(this.#index, { id, keepsId: first });
    }
    const kept = firstKeptIndex(facts);
    if (kept !== undefined && !this.keptEntries.has(kept)) this.keptEntries.set(kept, undefined);
  }

  #meetOther({ id }: LineFacts): void {
    if (this.keptEntries.has(this.#index)) this.keptEntries.set(this.#index, id);
    if (id !== undefined) this.#ids.meetOther(id);
  }
}

/** The id that a linear entry may keep. */
export function usableId({ id }: LineFacts): string | undefined {
  return id !== undefined && id.trim() !== "" ? id : undefined;
}

/** The index by which a compaction of version 1 names the first entry that it keeps. */
export function firstKeptIndex(facts: LineFacts): number | undefined {
  const { type, firstKeptEntryIndex: index } = facts;
  return type === "compaction" && index !== undefined && Number.isSafeInteger(index) && index >= 0
    ? index
    : undefined;
}

/** Whether version 3 has another name for this entry's role. */
export function isHookMessage(facts: LineFacts): boolean {
  return facts.type === "message" && facts.messageRole === "hookMessage";
}

/** Whether a header is of an older version. */
export function isBelow(header: LineFacts): boolean {
  return (header.version ?? 1) < HEADER_VERSION;
}
