import { resolve } from "node:path";
import { readFailed } from "../base/failures.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import type { EntryRecord } from "../entry/entry.js";
import type { Header } from "../entry/header.js";
import { resolveOptions, type TranscriptOptions } from "../options/options.js";
import type { BranchEnd } from "../read/branch/branch-walk.js";
import type { BranchOptions } from "../read/branch/read-branch.js";
import type { Leaf } from "../read/current-leaf.js";
import type { FollowOptions } from "../read/follow/follow-entries.js";
import type { Page, PageOptions } from "../read/page/read-page.js";
import type { EntryOptions } from "../read/read-by-id.js";
import type { EntriesOptions } from "../read/read-entries.js";
import type { Snapshot, SnapshotOptions } from "../read/read-snapshot.js";
import type { TailOptions } from "../read/read-tail.js";
import { pathText, type TranscriptPath } from "./transcript-path.js";
import { sourceOf, TranscriptReader } from "./transcript-reader.js";

// The readers of a handle for a path alone: nothing is opened that would have to be closed.

/** What every function that reads a path takes, beside the options of that reader. */
export type ReadOptions = Pick<
  TranscriptOptions,
  "fileSystem" | "format" | "maxEntryBytes" | "maxOpenFiles"
>;

/** `Transcript.leaf` of a path. */
export async function readLeaf(file: TranscriptPath, options: ReadOptions = {}): Promise<Leaf> {
  return readerOf(file, ensureReadOptions(options)).leaf();
}

/** `Transcript.header` of a path. */
export async function readHeader(
  file: TranscriptPath,
  options: ReadOptions = {},
): Promise<Header | undefined> {
  return readerOf(file, ensureReadOptions(options)).header();
}

/** `Transcript.entries` of a path. */
export function readEntries(
  file: TranscriptPath,
  options: EntriesOptions & ReadOptions = {},
): AsyncIterable<EntryRecord> {
  return readerOf(file, options).entries(ownOf(options));
}

/** `Transcript.tail` of a path. */
export async function readTail(
  file: TranscriptPath,
  count: number,
  options: TailOptions & ReadOptions = {},
): Promise<EntryRecord[]> {
  return readerOf(file, options).tail(count, ownOf(options));
}

/** `Transcript.entry` of a path. */
export async function readEntry(
  file: TranscriptPath,
  id: string,
  options: EntryOptions & ReadOptions = {},
): Promise<EntryRecord | undefined> {
  return readerOf(file, options).entry(id, ownOf(options));
}

/** `Transcript.branch` of a path. */
export function readBranch(
  file: TranscriptPath,
  fromId?: string,
  options: BranchOptions & ReadOptions = {},
): AsyncGenerator<EntryRecord, BranchEnd, undefined> {
  return readerOf(file, options).branch(fromId, ownOf(options));
}

/** `Transcript.page` of a path. */
export async function readPage(
  file: TranscriptPath,
  options: PageOptions & ReadOptions = {},
): Promise<Page> {
  return readerOf(file, options).page(ownOf(options));
}

/** `Transcript.follow` of a path. */
export function followTranscript(
  file: TranscriptPath,
  options: FollowOptions & ReadOptions = {},
): AsyncGenerator<EntryRecord, void, undefined> {
  return readerOf(file, options).follow(ownOf(options));
}

/** `Transcript.snapshot` of a path. */
export async function snapshotTranscript(
  file: TranscriptPath,
  options: SnapshotOptions & ReadOptions = {},
): Promise<Snapshot> {
  return readerOf(file, options).snapshot(ownOf(options));
}

const READ_MEMBERS = memberNames<ReadOptions>({
  fileSystem: true,
  format: true,
  maxEntryBytes: true,
  maxOpenFiles: true,
});

function ensureReadOptions(options: ReadOptions): ReadOptions {
  ensureKnown("options", options, READ_MEMBERS);
  return options;
}

/** What the reader itself takes, and judges. */
function ownOf<T extends ReadOptions>(options: T): Omit<T, keyof ReadOptions> {
  const {
    fileSystem: _fs,
    format: _format,
    maxEntryBytes: _max,
    maxOpenFiles: _open,
    ...own
  } = options;
  return own;
}

/** Symlinks need not be resolved to read: the system does, at each opening. */
function readerOf(file: TranscriptPath, options: ReadOptions): TranscriptReader {
  return new TranscriptReader(sourceOf(absolute(pathText(file)), resolveOptions(options)));
}

/** @throws LeaflogError `LEAFLOG_READ_FAILED` for a relative path when the working directory is gone */
function absolute(file: string): string {
  try {
    return resolve(file);
  } catch (error) {
    throw readFailed(file, error);
  }
}
