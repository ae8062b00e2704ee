import { TranscriptWriter } from "../append/queue/transcript-writer.js";
import type { FileSystem } from "../file/file-system.js";
import type { ResolvedOptions } from "../options/options.js";

/** A writer, for as long as there are handles on its file. */
interface OpenWriter {
  readonly writer: TranscriptWriter;
  /** Handles that share it. */
  users: number;
  /** Handles that are being closed. */
  closing: number;
}

type Writers = Map<string, OpenWriter>;

/** The writers of this process, by real path: all handles on one file share one. */
const writers = new WeakMap<FileSystem, Writers>();

/** A handle's share in the writer of its file. */
export class WriterShare {
  readonly #writers: Writers;
  readonly #open: OpenWriter;

  constructor(all: Writers, open: OpenWriter) {
    this.#writers = all;
    this.#open = open;
    open.users += 1;
  }

  get writer(): TranscriptWriter {
    return this.#open.writer;
  }

  /** Whether there are other shares: the writer goes on without this one. */
  get isShared(): boolean {
    return this.#open.users > 1;
  }

  /** To be called once; the last share closes the writer. */
  async release(): Promise<void> {
    const open = this.#open;
    const { writer } = open;
    open.users -= 1;
    open.closing += 1;
    try {
      await (open.users > 0 ? writer.settle() : writer.close(() => open.users === 0));
    } finally {
      open.closing -= 1;
      // Who opens the file while it is being closed shares its queue: what was called before
      // stands before.
      const isOver = open.users === 0 && open.closing === 0;
      if (isOver && this.#writers.get(writer.path) === open) this.#writers.delete(writer.path);
    }
  }
}

/**
 * @param path absolute, symlinks resolved
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` when another handle says that it is of another format
 */
export function shareWriter(path: string, options: ResolvedOptions): WriterShare {
  const fs = options.fileSystem;
  const all: Writers = writers.get(fs) ?? new Map();
  writers.set(fs, all);
  let open = all.get(path);
  // A poisoned writer never writes again; reopening means a new one.
  if (open === undefined || open.writer.poison) {
    open = { writer: new TranscriptWriter(fs, path, options), users: 0, closing: 0 };
    all.set(path, open);
  }
  if (options.format !== undefined) open.writer.useFormat(options.format);
  return new WriterShare(all, open);
}
