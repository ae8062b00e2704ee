import { type EncodedEntry, ID_LENGTH } from "../entry/encoded-entry.js";
import type { NewHeader } from "../entry/header.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import { LeaflogError } from "../errors.js";
import type { FoundHeader } from "../scan/find-header.js";
import type { LeafState } from "../scan/find-leaf.js";
import type { AppendCall } from "./append-call.js";
import type { AppendResult, DamagedLine, NotMigrated, TornTail } from "./append-result.js";
import type { KeyedGround } from "./idempotency/keyed-ground.js";
import { LineLayout } from "./line-layout.js";
import type { Anchor } from "./tail.js";

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
  /** Why linear entries were left as they are, for every caller. */
  readonly notMigrated?: NotMigrated | undefined;
  /** The malformed last line to tell the first caller of. */
  readonly damagedLine: DamagedLine | undefined;
  /** A header to go first. */
  readonly header: NewHeader | undefined;
  readonly recreated: boolean;
  /** Whether nothing is left in a file that had something in it. */
  readonly truncated: boolean;
  /** Whether an entry of that id stands in the file. */
  hasEntry(id: string): boolean;
  /** Set when any of the calls has idempotency keys. */
  readonly keyed?: KeyedGround | undefined;
}

/** A call that is written, and what it comes to. */
export interface Written {
  readonly call: AppendCall;
  readonly results: AppendResult[];
}

/** A call of which nothing is written. */
export interface Refused {
  readonly call: AppendCall;
  readonly error: LeaflogError;
}

/** The pending appends of one transcript, laid out as the bytes of one write. */
export interface GroupCommit {
  readonly bytes: Buffer;
  readonly format: TranscriptFormat;
  readonly written: readonly Written[];
  readonly refused: readonly Refused[];
  /** How the transcript stands when the bytes are written. */
  readonly leaf: LeafState;
  readonly anchor: Anchor | undefined;
  /** The header that goes first, if one does. */
  readonly header: FoundHeader | undefined;
}

/** Lays out calls in their order, each entry naming the one before it. */
export function composeGroup(calls: readonly AppendCall[], ground: GroupGround): GroupCommit {
  const lines = new LineLayout(ground, calls);
  const written: Written[] = [];
  const refused: Refused[] = [];
  let { leafId } = ground.leaf;
  for (const call of calls) {
    const error = unfitness(call, ground) ?? refusal(call, leafId, ground);
    if (error) {
      refused.push({ call, error });
      continue;
    }
    const results: AppendResult[] = [];
    const own = call.namesTarget ? new Set<string>() : undefined;
    for (let index = 0; index < call.entries.length; index += 1) {
      const stored = ground.keyed?.stored(call, index);
      if (stored) {
        results.push({ ...stored, appended: false, linked: stored.parentId !== undefined });
        continue;
      }
      const isFirst = lines.none;
      const parentId = ground.linked ? leafId : undefined;
      const entry = call.entries[index] as EncodedEntry;
      const offset = lines.end;
      const length = lines.add(call.start(index, parentId), entry);
      const plain = {
        id: entry.id,
        parentId,
        appended: true,
        linked: ground.linked,
        offset,
        length,
        ...(ground.notMigrated && { notMigrated: ground.notMigrated }),
      };
      const result = isFirst ? withFindings(plain, ground) : plain;
      const messageSeq = ground.keyed?.note(call, index, result);
      results.push(messageSeq === undefined ? result : { ...result, messageSeq });
      if (ground.linked) leafId = leafAfter(entry, leafId, own, ground);
      own?.add(entry.id);
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
  const { bytes, anchor, header } = lines.finish();
  return { bytes, anchor, header, format: ground.format, written, refused, leaf };
}

/** What was found is told to who writes first. */
function withFindings(result: AppendResult, ground: GroupGround): AppendResult {
  const { tornTail, damagedLine, recreated, truncated } = ground;
  if (!tornTail && !damagedLine && !recreated && !truncated) return result;
  return {
    ...result,
    ...(tornTail && { tornTail }),
    ...(damagedLine && { damagedLine }),
    ...(recreated && { recreated }),
    ...(truncated && { truncated }),
  };
}

/**
 * Where an entry leaves the leaf.
 *
 * @param own the ids before it in its call
 */
function leafAfter(
  { type, id, targetId }: EncodedEntry,
  leafId: string | null,
  own: ReadonlySet<string> | undefined,
  ground: GroupGround,
): string | null {
  if (ground.format.neverLeaf?.includes(type)) return leafId;
  if (type !== "leaf") return id;
  if (targetId === undefined) return leafId;
  if (targetId === null) return null;
  return own?.has(targetId) || ground.hasEntry(targetId) ? targetId : leafId;
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
  const tooLong = ensureFits(call, leafId, file);
  if (tooLong) return tooLong;
  // An entry that stood among its own ancestors would send every tree walk round in a circle.
  if (call.entries.some(({ id }) => id === leafId)) {
    return new LeaflogError(
      "LEAFLOG_INVALID_ARGUMENT",
      `\`id\` ${leafId} is already the leaf: ids must be new to the transcript`,
      { file },
    );
  }
  return undefined;
}

/** An entry's own bytes were counted when it was encoded; only here it is known whom it names. */
function ensureFits(
  call: AppendCall,
  leafId: string | null,
  file: string,
): LeaflogError | undefined {
  let parentId = leafId;
  for (const entry of call.entries) {
    // Ids of the usual length are counted in already.
    const parentBytes = parentId === null || parentId.length <= ID_LENGTH ? 0 : parentId.length;
    if (parentBytes > 0 && !entry.fitsWith(parentId as string)) {
      return new LeaflogError(
        "LEAFLOG_ENTRY_TOO_LARGE",
        `with the id of its parent, which has ${parentBytes} characters, the entry takes more than maxEntryBytes: append it behind an entry with a shorter id, or raise maxEntryBytes`,
        { file },
      );
    }
    parentId = entry.id;
  }
  return undefined;
}
