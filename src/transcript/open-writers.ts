import { TranscriptWriter } from "../append/queue/transcript-writer.js";
import type { FileSystem } from "../file/file-system.js";
import type { ResolvedOptions } from "../options/options.js";

interface OpenWriter {
  readonly writer: TranscriptWriter;
  /** Handles that share it. */
  users: number;
  /** Handles that are being closed. */
  closing: number;
}

/** The writers of this process, by real path: all handles on one file share one. */
const writers = new WeakMap<FileSystem, Map<string, OpenWriter>>();

/** A handle's share in the writer of its file. */
export interface WriterShare {
  readonly writer: TranscriptWriter;
  /** Whether there are other shares: the writer goes on without this one. */
  readonly isShared: boolean;
  /** To be called once; the last share closes the writer. */
  release(): Promise<void>;
}

/**
 * @param path absolute, symlinks resolved
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` when another handle says that it is of another format
 */
export function shareWriter(path: string, options: ResolvedOptions): WriterShare {
  const fs = options.fileSystem;
  const open = writers.get(fs) ?? new Map<string, OpenWriter>();
  writers.set(fs, open);
  let slot = open.get(path);
  // A poisoned writer never writes again; reopening means a new one.
  if (slot === undefined || slot.writer.poison) {
    slot = { writer: new TranscriptWriter(fs, path, options), users: 0, closing: 0 };
    open.set(path, slot);
  }
  if (options.format !== undefined) slot.writer.useFormat(options.format);
  slot.users += 1;
  const mine = slot;
  return {
    writer: mine.writer,
    get isShared() {
      return mine.users > 1;
    },
    release: async () => {
      mine.users -= 1;
      mine.closing += 1;
      try {
        await (mine.users > 0 ? mine.writer.settle() : mine.writer.close(() => mine.users === 0));
      } finally {
        mine.closing -= 1;
        // Who opens the file while it is being closed shares its queue: what was called before
        // stands before.
        const isOver = mine.users === 0 && mine.closing === 0;
        if (isOver && open.get(path) === mine) open.delete(path);
      }
    },
  };
}
