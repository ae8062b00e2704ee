import type { EncodedEntry } from "../entry/encoded-entry.js";
import { HEADER_VERSION, type NewHeader } from "../entry/header.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { FoundHeader } from "../scan/find-header.js";
import type { LeafState } from "../scan/find-leaf.js";
import type { AppendCall } from "./append-call.js";
import type { AppendResult, TornTail } from "./append-result.js";
import type { KeyedGround } from "./idempotency/keyed-ground.js";
import { type Anchor, anchorOf } from "./tail.js";

/** What a group commit is written to. */
export interface GroupGround {
  readonly file: string;
  readonly format: TranscriptFormat;
  /** Bytes of the file: where the group begins. */
  readonly size: number;
  readonly leaf: LeafState;
  /** Whether entries name their parent; false for a raw append. */
  readonly linked: boolean;
  /** Whether the last line has no newline yet. */
  readonly openTail: boolean;
  /** The torn tail to tell the first caller of. */
  readonly tornTail: TornTail | undefined;
  /** A header to go first. */
  readonly header: NewHeader | undefined;
  readonly recreated: boolean;
  /** Whether an entry of that id stands in the file. */
  hasEntry(id: string): boolean;
  /** Set when any of the calls has idempotency keys. */
  readonly keyed?: KeyedGround | undefined;
}

/** The pending appends of one transcript, laid out as the bytes of one write. */
export interface GroupCommit {
  readonly bytes: Buffer;
  readonly format: TranscriptFormat;
  readonly written: readonly { readonly call: AppendCall; readonly results: AppendResult[] }[];
  /** Calls of which nothing is written. */
  readonly refused: readonly { readonly call: AppendCall; readonly error: LeaflogError }[];
  /** How the transcript stands when the bytes are written. */
  readonly leaf: LeafState;
  readonly anchor: Anchor | undefined;
  /** The header that goes first, if one does. */
  readonly header: FoundHeader | undefined;
}

/** Lays out calls in their order, each entry naming the one before it. */
export function composeGroup(calls: readonly AppendCall[], ground: GroupGround): GroupCommit {
  const lines = new LineLayout(ground);
  const written: { call: AppendCall; results: AppendResult[] }[] = [];
  const refused: { call: AppendCall; error: LeaflogError }[] = [];
  let leafId = ground.leaf.leafId;
  for (const call of calls) {
    const error = unfitness(call, ground) ?? refusal(call, leafId, ground);
    if (error) {
      refused.push({ call, error });
      continue;
    }
    const results: AppendResult[] = [];
    const own = new Set<string>();
    for (const [index, entry] of call.entries.entries()) {
      const stored = ground.keyed?.stored(call, index);
      if (stored) {
        results.push({ ...stored, appended: false, linked: stored.parentId !== undefined });
        continue;
      }
      const parentId = ground.linked ? leafId : undefined;
      const first = lines.none;
      const extent = lines.add(call.line(index, parentId));
      const result: AppendResult = {
        id: entry.id,
        parentId,
        appended: true,
        linked: ground.linked,
        ...extent,
        ...(first && ground.tornTail && { tornTail: ground.tornTail }),
        ...(first && ground.recreated && { recreated: true }),
      };
      const messageSeq = ground.keyed?.note(call, index, result);
      results.push(messageSeq === undefined ? result : { ...result, messageSeq });
      if (ground.linked)
        leafId = leafAfter(entry, leafId, (id) => own.has(id) || ground.hasEntry(id));
      own.add(entry.id);
    }
    written.push({ call, results });
  }
  const leaf: LeafState = ground.linked
    ? {
        shape: lines.none ? ground.leaf.shape : "linked",
        leafId,
        linearAfterLeaf: lines.none ? ground.leaf.linearAfterLeaf : false,
      }
    : { shape: "linear", leafId: null, linearAfterLeaf: true };
  return { ...lines.finish(), format: ground.format, written, refused, leaf };
}

function leafAfter(
  entry: EncodedEntry,
  leafId: string | null,
  exists: (id: string) => boolean,
): string | null {
  if (entry.type !== "leaf") return entry.id;
  if (typeof entry.targetId === "string") return exists(entry.targetId) ? entry.targetId : leafId;
  return entry.targetId === null ? null : leafId;
}

/** What keeps a call's entries out of a transcript of this format. */
function unfitness(call: AppendCall, { file, format }: GroupGround): LeaflogError | undefined {
  try {
    call.adapt(format);
  } catch (error) {
    if (!(error instanceof LeaflogError)) throw error;
    return new LeaflogError(error.code, error.message, { file, cause: error.cause });
  }
  if (format.aside === undefined || !call.entries.some((entry) => entry.aside)) return undefined;
  return new LeaflogError(
    "LEAFLOG_INVALID_ARGUMENT",
    `\`${format.aside}\` must not be true here: what stands beside the main chain goes into a transcript of its own`,
    { file },
  );
}

function refusal(
  call: AppendCall,
  leafId: string | null,
  { file, keyed }: GroupGround,
): LeaflogError | undefined {
  const conflict = keyed?.conflict(call);
  if (conflict) return conflict;
  // What was appended before need not fit to what came behind it since.
  if (keyed?.isReplay(call)) return undefined;
  const { expectedLeaf } = call.terms;
  if (expectedLeaf !== undefined && expectedLeaf !== leafId) {
    return new LeaflogError(
      "LEAFLOG_LEAF_CONFLICT",
      `the leaf is ${leafId}, not the expected ${expectedLeaf}: read what was appended since, then try again`,
      { file, expected: expectedLeaf, actual: leafId },
    );
  }
  // An entry that named itself as parent would send every tree walk round in a circle.
  if (call.entries[0]?.id === leafId) {
    return new LeaflogError(
      "LEAFLOG_INVALID_ARGUMENT",
      `\`id\` ${leafId} is already the leaf: ids must be new to the transcript`,
      { file },
    );
  }
  return undefined;
}

/** Collects lines as text and turns them into bytes once. */
class LineLayout {
  readonly #prefix: string;
  readonly #lines: string[] = [];
  #position: number;
  #last: { offset: number; length: number } | undefined;
  readonly #start: number;
  readonly #header: FoundHeader | undefined;

  constructor(ground: GroupGround) {
    const close = ground.openTail ? "\n" : "";
    this.#prefix = `${close}${ground.header?.line ?? ""}`;
    this.#start = ground.size;
    if (ground.header) {
      this.#header = {
        state: "header",
        id: ground.header.id,
        version: HEADER_VERSION,
        offset: ground.size + close.length,
        length: Buffer.byteLength(ground.header.line) - 1,
        terminated: true,
      };
    }
    this.#position = ground.size + Buffer.byteLength(this.#prefix);
  }

  /** Whether there is nothing to write so far. */
  get none(): boolean {
    return this.#last === undefined;
  }

  add(line: string): { offset: number; length: number } {
    const bytes = Buffer.byteLength(line);
    this.#last = { offset: this.#position, length: bytes - 1 };
    this.#lines.push(line);
    this.#position += bytes;
    return this.#last;
  }

  finish(): Pick<GroupCommit, "bytes" | "anchor" | "header"> {
    const bytes =
      this.#last === undefined
        ? Buffer.alloc(0)
        : Buffer.from(this.#prefix + this.#lines.join(""), "utf8");
    const anchor =
      this.#last && anchorOf(bytes.subarray(this.#last.offset - this.#start), this.#last.offset);
    return { bytes, anchor, header: this.#header };
  }
}
