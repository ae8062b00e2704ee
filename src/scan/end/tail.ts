import { LeaflogError } from "../../base/errors.js";
import { CLAUDE_CODE_AGENT, type TranscriptFormat } from "../../entry/transcript-format.js";
import { type FileStat, isSameFile } from "../../file/file-stat.js";
import type { FileToRead } from "../../file/file-system.js";
import { ensureRegular } from "../../file/regular-file.js";
import { type FileContent, isPacked } from "../file-content.js";
import type { FoundHeader } from "../find-header.js";
import { findStart } from "../find-start.js";
import { readFully } from "../lines/read-fully.js";
import { findLeaf, type LeafState } from "./find-leaf.js";
import { LastChunk } from "./last-chunk.js";
import type { DamagedLine, TornTail } from "./tail-damage.js";

/** Bytes kept from the start of the last line, where its id stands, to know the line again. */
const ANCHOR_BYTES = 512;
const NEWLINE = "\n";
const NO_LEAF: LeafState = { shape: "empty", leafId: null, linearAfterLeaf: false };
const NS_PER_MS = 1e6;
/** A torn tail may be a program without our lock that is still writing: look again after this. */
const SETTLE_MS = 20;
const SETTLE_TRIES = 25;

/** What is known of the end of a transcript, and by what to tell that it is still so. */
export interface Tail {
  /** Identity, size and time of the last look; after our own write, before it. */
  readonly stat: FileStat;
  /** Bytes of the file. */
  readonly size: number;
  /**
   * `Date.now()` when our own write behind `stat` was over; undefined when `stat` is of a file of
   * `size` bytes.
   */
  readonly writtenAt?: number | undefined;
  readonly format: TranscriptFormat;
  /** What it is, by its first lines. */
  readonly content: FileContent;
  readonly header: FoundHeader;
  readonly leaf: LeafState;
  /** Byte behind the last newline. */
  readonly end: number;
  readonly tornTail?: TornTail;
  /** Where the last line is malformed that a newline ends. */
  readonly damagedLine?: DamagedLine;
  readonly anchor?: Anchor;
}

/** By what to tell whether what was read of a file still stands in it. */
export type Standing = Pick<Tail, "stat" | "size" | "end" | "tornTail" | "anchor">;

/**
 * The first bytes of the last line, its newline among them where it is a short one. Every idle
 * transcript keeps one: a text takes them alone, where a small buffer would keep a whole pool alive.
 */
export interface Anchor {
  readonly offset: number;
  /** A character for each byte. */
  readonly text: string;
}

/** @param line with its newline */
export function anchorOf(line: Buffer, offset: number): Anchor {
  return { offset, text: line.toString("latin1", 0, ANCHOR_BYTES) };
}

/**
 * Whether a look at the path finds the file just as `known` describes it, so that nothing has to
 * be read. On a no, `readTail` decides by content: times and inode numbers flap on some file systems.
 */
export function isUnchanged(known: Tail, stat: FileStat): boolean {
  return (
    known.writtenAt === undefined &&
    isSameFile(known.stat, stat) &&
    known.size === stat.size &&
    known.stat.mtimeNs === stat.mtimeNs
  );
}

/**
 * Whether a look at the path finds the file as our own last write left it. Only for who has had it
 * open, and the lock, ever since: the time of that write was never asked for, but who wrote later
 * gave the file a later time than it can have.
 */
export function isAsWritten(known: Tail, stat: FileStat): boolean {
  const { writtenAt } = known;
  if (writtenAt === undefined || known.size !== stat.size) return false;
  return Number(stat.mtimeNs) < (writtenAt + 1) * NS_PER_MS && isSameFile(known.stat, stat);
}

/**
 * Reads the end of a transcript: only what is new behind a tail that still stands, otherwise
 * backwards from the end until the leaf is found.
 *
 * @param format what the caller says that it is; default: what its first lines say
 * @param stat a look at the file that was made just now; default: one is made
 * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`: the parent is never guessed.
 */
export async function readTail(
  path: string,
  file: FileToRead,
  known?: Tail,
  format?: TranscriptFormat,
  stat?: FileStat,
): Promise<Tail> {
  try {
    return await settledTail(file, stat ?? (await file.stat()), known, format);
  } catch (cause) {
    if (cause instanceof LeaflogError) throw cause;
    throw unreadable(path, cause);
  }
}

export function unreadable(path: string, cause: unknown): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_LEAF_UNREADABLE",
    "the end of the transcript cannot be read, so that the parent is unknown; nothing was written",
    { file: path, cause },
  );
}

async function settledTail(
  file: FileToRead,
  first: FileStat,
  known: Tail | undefined,
  said: TranscriptFormat | undefined,
): Promise<Tail> {
  let stat = first;
  for (let tries = 1; ; tries += 1) {
    ensureRegular(stat);
    const tail = await tailAt(file, stat, known, said);
    const later = tail.tornTail && tries < SETTLE_TRIES ? await statLater(file) : stat;
    if (later.size === stat.size && later.mtimeNs === stat.mtimeNs) return tail;
    stat = later;
  }
}

async function tailAt(
  file: FileToRead,
  stat: FileStat,
  known: Tail | undefined,
  said: TranscriptFormat | undefined,
): Promise<Tail> {
  const { size } = stat;
  const stands = known !== undefined && (await stillStands(file, stat, known));
  if (stands && size === known.size) return { ...known, stat, writtenAt: undefined };
  const settled = stands && isSettled(known) ? known : undefined;
  const last = new LastChunk(file, stands ? known.end : 0, size);
  const [{ format, header, content }] = await Promise.all([
    settled ?? findStart(file, size, { format: said }),
    last.ready(),
  ]);
  // Nothing can be read in what is no text, however long it is.
  if (isPacked(content)) return { stat, size, format, content, header, leaf: NO_LEAF, end: size };
  const before =
    stands && known.format === format ? { offset: known.end, state: known.leaf } : undefined;
  const { end, tornTail, damagedLine, lastLine, ...leaf } = await findLeaf(last, {
    size,
    format,
    ...(before && { known: before }),
  });
  const anchor = lastLine ? await readAnchor(last, lastLine) : stands ? known.anchor : undefined;
  return {
    ...{ stat, size, format, content, header, leaf, end },
    ...(tornTail && { tornTail }),
    ...(damagedLine && { damagedLine }),
    ...(anchor && { anchor }),
  };
}

/** Whether what is appended can change neither header nor format. */
function isSettled({ header, leaf, format }: Tail): boolean {
  if (header.state === "header") return true;
  return header.state === "none" && leaf.shape !== "empty" && format !== CLAUDE_CODE_AGENT;
}

/** Whether all that `known` covers is still in the file, so that only newer bytes need reading. */
export async function stillStands(
  file: FileToRead,
  stat: FileStat,
  known: Standing,
): Promise<boolean> {
  // The leaf may rest on a torn tail, of which nobody knows what it has become since.
  if (known.tornTail || !known.anchor || !isSameFile(known.stat, stat)) return false;
  if (stat.size < known.size) return false;
  const { offset, text } = known.anchor;
  if (!(await stands(file, text, offset))) return false;
  // Where the last newline was cut away, what was appended since goes on in the line before it.
  return offset + text.length === known.end || stands(file, NEWLINE, known.end - 1);
}

async function stands(file: FileToRead, text: string, offset: number): Promise<boolean> {
  return (await textAt(file, offset, text.length)) === text;
}

/** What is there, a character for each byte. */
async function textAt(file: FileToRead, offset: number, length: number): Promise<string> {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.toString("latin1", 0, await readFully(file, bytes, 0, length, offset));
}

/** The anchor of a line; `length` is that of the line without its newline. */
export async function readAnchor(
  file: FileToRead,
  line: { offset: number; length: number },
): Promise<Anchor> {
  const length = Math.min(ANCHOR_BYTES, line.length + 1);
  return { offset: line.offset, text: await textAt(file, line.offset, length) };
}

async function statLater(file: FileToRead): Promise<FileStat> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return file.stat();
}
