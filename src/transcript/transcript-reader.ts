import { invalid, MAX_TIMEOUT_MS, oneOf, whole } from "../base/arguments.js";
import { ensureKnown, memberNames } from "../base/known-members.js";
import type { EntryRecord } from "../entry/entry.js";
import type { Header } from "../entry/header.js";
import type { TranscriptFormat } from "../entry/transcript-format.js";
import type { ResolvedOptions } from "../options/options.js";
import type { BranchEnd } from "../read/branch/branch-walk.js";
import { type BranchOptions, readBranch } from "../read/branch/read-branch.js";
import { currentLeaf, type Leaf } from "../read/current-leaf.js";
import { type FollowOptions, followEntries } from "../read/follow/follow-entries.js";
import { type Page, type PageOptions, readPage } from "../read/page/read-page.js";
import { type EntryOptions, readEntryById } from "../read/read-by-id.js";
import { type EntriesOptions, readEntries } from "../read/read-entries.js";
import { readSourceFormat } from "../read/read-format.js";
import { readHeader } from "../read/read-header.js";
import { readSnapshot, type Snapshot, type SnapshotOptions } from "../read/read-snapshot.js";
import type { ReadSource } from "../read/read-source.js";
import { readTailEntries, type TailOptions } from "../read/read-tail.js";

const ENTRIES_MEMBERS = memberNames<EntriesOptions>({
  reverse: true,
  from: true,
  signal: true,
  onMalformed: true,
});
const TAIL_MEMBERS = memberNames<TailOptions>({
  maxBytes: true,
  signal: true,
  onMalformed: true,
  text: true,
});
const BRANCH_MEMBERS = memberNames<BranchOptions>({
  untilCompaction: true,
  rootFirst: true,
  onEnd: true,
  signal: true,
});
const ENTRY_MEMBERS = memberNames<EntryOptions>({ signal: true });
const SNAPSHOT_MEMBERS = memberNames<SnapshotOptions>({ signal: true });
const PAGE_MEMBERS = memberNames<PageOptions>({
  cursor: true,
  limit: true,
  maxBytes: true,
  direction: true,
  signal: true,
  onMalformed: true,
  text: true,
});

const FOLLOW_MEMBERS = memberNames<FollowOptions>({
  cursor: true,
  from: true,
  onReset: true,
  onMissing: true,
  pollMs: true,
  signal: true,
  onMalformed: true,
  text: true,
});

/** What the options of a transcript tell its readers. */
export function sourceOf(file: string, options: ResolvedOptions): ReadSource {
  const { fileSystem, maxEntryBytes, maxOpenFiles, format, header } = options;
  return { file, fileSystem, maxEntryBytes, maxOpenFiles, format, header };
}

/** Reads one transcript, without the lock and without changing anything. Nothing is to be closed. */
export class TranscriptReader {
  /** Absolute path. */
  readonly file: string;
  protected readonly source: ReadSource;

  constructor(source: ReadSource) {
    this.file = source.file;
    this.source = source;
  }

  /**
   * The entry that the next append would name as parent, as the file stands now. Reads without the
   * lock; what is still in the queue does not count.
   *
   * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`
   */
  leaf(): Promise<Leaf> {
    return currentLeaf(this.source, undefined);
  }

  /**
   * The header; undefined when there is no file, its first line is damaged, or its format has none.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  header(): Promise<Header | undefined> {
    return readHeader(this.source);
  }

  /**
   * The format: what `format` said, else what the first lines say now; pi's where there is no file.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`
   */
  format(): Promise<TranscriptFormat> {
    return readSourceFormat(this.source);
  }

  /**
   * The entries, first to last or last to first. See {@link readEntries}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  entries(options: EntriesOptions = {}): AsyncIterable<EntryRecord> {
    ensureKnown("options", options, ENTRIES_MEMBERS);
    whole("from", options.from, 0, 0);
    return readEntries(this.source, options);
  }

  /**
   * The last `count` entries in file order, at a cost that does not depend on the file's size.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async tail(count: number, options: TailOptions = {}): Promise<EntryRecord[]> {
    ensureKnown("options", options, TAIL_MEMBERS);
    whole("maxBytes", options.maxBytes, 0, 0);
    return readTailEntries(this.source, whole("count", count, 0, 0), options);
  }

  /**
   * The last entry of that id; undefined when there is none. Searched from the end of the file.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async entry(id: string, options: EntryOptions = {}): Promise<EntryRecord | undefined> {
    ensureKnown("options", options, ENTRY_MEMBERS);
    if (typeof id !== "string") throw invalid("id", id, "an entry id");
    return readEntryById(this.source, id, options);
  }

  /**
   * The entries from the leaf, or from `fromId`, to the root. See {@link readBranch}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  branch(
    fromId?: string,
    options: BranchOptions = {},
  ): AsyncGenerator<EntryRecord, BranchEnd, undefined> {
    ensureKnown("options", options, BRANCH_MEMBERS);
    if (fromId !== undefined && typeof fromId !== "string") {
      throw invalid("fromId", fromId, "an entry id");
    }
    return readBranch(this.source, fromId, options);
  }

  /**
   * Some entries, and cursors to go on from. See {@link readPage}.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`, `LEAFLOG_INVALID_ARGUMENT`
   */
  async page(options: PageOptions = {}): Promise<Page> {
    ensureKnown("options", options, PAGE_MEMBERS);
    cursorText(options.cursor);
    whole("limit", options.limit, 1, 1);
    whole("maxBytes", options.maxBytes, 1, 1);
    oneOf("direction", options.direction, ["forward", "backward"]);
    return readPage(this.source, options);
  }

  /**
   * The entries as they are appended, until the signal or the caller ends it. See
   * {@link followEntries}.
   *
   * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
   */
  follow(options: FollowOptions = {}): AsyncGenerator<EntryRecord, void, undefined> {
    ensureKnown("options", options, FOLLOW_MEMBERS);
    cursorText(options.cursor);
    whole("pollMs", options.pollMs, 1, 1, MAX_TIMEOUT_MS);
    oneOf("from", options.from, ["end", "start"]);
    return followEntries(this.source, options);
  }

  /**
   * The lines that the transcript has now, as a stream of known length. See {@link readSnapshot}.
   *
   * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_ABORTED`
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Snapshot> {
    ensureKnown("options", options, SNAPSHOT_MEMBERS);
    return readSnapshot(this.source, options);
  }
}

function cursorText(cursor: unknown): void {
  if (cursor !== undefined && typeof cursor !== "string") {
    throw invalid("cursor", cursor, "a cursor of `page`");
  }
}
