import { LeaflogError } from "../../base/errors.js";
import { type EncodedEntry, ID_LENGTH } from "../../entry/encoded-entry.js";
import { CLAUDE_CODE_AGENT, TRANSCRIPT_FORMATS } from "../../entry/transcript-format.js";
import type { LeafState } from "../../scan/end/find-leaf.js";
import { Pace } from "../../scan/lines/pace.js";
import type { AppendCall } from "../call/append-call.js";
import type { AppendResult } from "../call/append-result.js";
import type { GroupCommit, GroupTerms, Refused, Written } from "./group.js";
import { LineLayout } from "./line-layout.js";

/** Entries and bytes of a group that are laid out in one slice. */
const MAX_SLICE_ENTRIES = 1024;
const MAX_SLICE_BYTES = 1_048_576;

/** Bytes of lines between two moments in which the event loop may have its turn. */
const STEP_BYTES = 16_384;
/** What an entry costs besides its bytes. */
const ENTRY_WORK = 256;

/** Whether a group takes long to be laid out, and can be in slices. */
export function isLarge(calls: readonly AppendCall[]): boolean {
  let entries = 0;
  let bytes = 0;
  for (const call of calls) {
    entries += call.count;
    bytes += call.bytes;
  }
  return entries > MAX_SLICE_ENTRIES || (bytes > MAX_SLICE_BYTES && entries > calls.length);
}

/** Lays out calls in their order, each entry naming the one before it. */
export function composeGroup(calls: readonly AppendCall[], terms: GroupTerms): GroupCommit {
  const steps = layOut(calls, terms);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same in slices: what it was laid out for has to be looked at again before it is written. */
export async function composeInSlices(
  calls: readonly AppendCall[],
  terms: GroupTerms,
): Promise<GroupCommit> {
  const pace = new Pace();
  const steps = layOut(calls, terms);
  let step = steps.next();
  while (!step.done) {
    await pace.pause();
    step = steps.next();
  }
  return step.value;
}

/** Stops whenever the event loop may have its turn. */
function* layOut(
  calls: readonly AppendCall[],
  terms: GroupTerms,
): Generator<void, GroupCommit, void> {
  let lines: LineLayout | undefined;
  let first: AppendCall | undefined;
  const written: Written[] = [];
  const refused: Refused[] = [];
  let { leafId } = terms.leaf;
  let work = 0;
  for (const call of calls) {
    const misfit = call.isIn(terms.format) ? undefined : yield* adaptCall(call, terms);
    const error = misfit ?? ofOtherChain(call, terms) ?? refusal(call, leafId, terms);
    if (error) {
      refused.push({ call, error });
      continue;
    }
    const results: AppendResult[] = [];
    const own = call.namesTarget ? new Set<string>() : undefined;
    for (let index = 0; index < call.entries.length; index += 1) {
      if (work >= STEP_BYTES) {
        work = 0;
        yield;
      }
      const stored = terms.keyed?.stored(call, index);
      if (stored) {
        results.push({ ...stored, appended: false, linked: stored.parentId !== undefined });
        work += ENTRY_WORK;
        continue;
      }
      const isFirst = lines === undefined;
      if (isFirst) first = call;
      lines ??= new LineLayout(terms, calls, call);
      const parentId = terms.linked ? leafId : undefined;
      const entry = call.entries[index] as EncodedEntry;
      const offset = lines.end;
      const length = lines.add(call.start(index, parentId), entry);
      work += length + ENTRY_WORK;
      const plain = {
        id: entry.id,
        parentId,
        appended: true,
        linked: terms.linked,
        offset,
        length,
        ...(terms.notMigrated && { notMigrated: terms.notMigrated }),
      };
      const result = isFirst ? withFindings(plain, terms) : plain;
      const messageSeq = terms.keyed?.note(call, index, result);
      results.push(messageSeq === undefined ? result : { ...result, messageSeq });
      if (terms.linked) leafId = leafAfter(entry, leafId, own, terms);
      own?.add(entry.id);
    }
    written.push({ call, results });
  }
  const leaf: LeafState = terms.linked
    ? {
        shape: lines ? "linked" : terms.leaf.shape,
        leafId,
        linearAfterLeaf: lines ? false : terms.leaf.linearAfterLeaf,
      }
    : { shape: "linear", leafId: null, linearAfterLeaf: true };
  const laidOut = lines?.finish() ?? NOTHING;
  return { ...laidOut, first, format: terms.format, written, refused, leaf };
}

const NOTHING = { bytes: Buffer.alloc(0), anchor: undefined, header: undefined };

/** What was found is told to who writes first. */
function withFindings(result: AppendResult, terms: GroupTerms): AppendResult {
  const { tornTail, damagedLine, recreated, truncated } = terms;
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
  terms: GroupTerms,
): string | null {
  if (terms.format.neverLeaf?.includes(type)) return leafId;
  if (type !== "leaf") return id;
  if (targetId === undefined) return leafId;
  if (targetId === null) return null;
  return own?.has(targetId) || terms.hasEntry(targetId) ? targetId : leafId;
}

/** Gives a call's entries the names of the transcript's format; returns why that cannot be. */
function* adaptCall(
  call: AppendCall,
  { file, format }: GroupTerms,
): Generator<void, LeaflogError | undefined, void> {
  try {
    yield* call.adapt(format);
    return undefined;
  } catch (error) {
    if (!(error instanceof LeaflogError)) throw error;
    return new LeaflogError(error.code, error.message, { file, cause: error.cause });
  }
}

/** Why a call cannot be appended that belongs to a chain of another kind. */
function ofOtherChain(call: AppendCall, { file, format }: GroupTerms): LeaflogError | undefined {
  const isAgent = format === CLAUDE_CODE_AGENT;
  const isOther = ({ aside }: EncodedEntry): boolean => aside !== isAgent;
  if ((format.aside === undefined && !isAgent) || !call.entries.some(isOther)) return undefined;
  const name = TRANSCRIPT_FORMATS[format.name].aside;
  return new LeaflogError(
    "LEAFLOG_INVALID_ARGUMENT",
    isAgent
      ? `\`${name}\` must be true here: all that the transcript holds stands beside a main chain, and an entry of one would cut it off`
      : `\`${name}\` must not be true here: what stands beside the main chain goes into a transcript of its own`,
    { file },
  );
}

function refusal(
  call: AppendCall,
  leafId: string | null,
  { file, keyed }: GroupTerms,
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
