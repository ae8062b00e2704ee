import type { FileStat } from "../../../src/file/file-stat.js";
import type { FileSystem, OpenFile } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";

/** What a file would hold: `head`, then `unit`, one byte, over and over, then `tail`. */
export interface VirtualContent {
  readonly head: string;
  readonly unit: string;
  readonly tail: string;
  /** Bytes of all of it. */
  readonly size: number;
}

const readOnly = (): Promise<never> => Promise.reject(new Error("a virtual file is only read"));

/** The real disk, but for one file that takes no room on it. */
export function virtualFileSystem(file: string, content: VirtualContent): FileSystem {
  const opened: OpenFile = {
    read: (buffer, offset, length, position) =>
      Promise.resolve(readVirtual(content, buffer.subarray(offset, offset + length), position)),
    stat: () => stat(),
    close: () => Promise.resolve(),
    write: readOnly,
    truncate: readOnly,
    chmod: readOnly,
    chown: readOnly,
    datasync: readOnly,
    sync: readOnly,
  };
  const stat = async (): Promise<FileStat> => ({
    ...(await nodeFileSystem.stat(process.execPath)),
    size: content.size,
  });
  return {
    ...nodeFileSystem,
    open: (path, how, mode) =>
      path === file ? Promise.resolve(opened) : nodeFileSystem.open(path, how, mode),
    stat: (path) => (path === file ? stat() : nodeFileSystem.stat(path)),
  };
}

function readVirtual({ head, unit, tail, size }: VirtualContent, into: Buffer, at: number): number {
  const bytes = into.subarray(0, Math.max(0, size - at));
  bytes.fill(unit);
  if (at < head.length) bytes.write(head.slice(at), "latin1");
  const tailAt = size - tail.length - at;
  if (tailAt < bytes.length) {
    bytes.write(tail.slice(Math.max(0, -tailAt)), Math.max(0, tailAt), "latin1");
  }
  return bytes.length;
}
