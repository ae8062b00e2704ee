import type { FileStat } from "./file-stat.js";

/** An open file. Every method rejects with the operating system's error, `code` included. */
export interface OpenFile {
  /**
   * Reads up to `length` bytes at `position` (bytes from the start) into `buffer` at `offset`.
   * Resolves to the number of bytes read; 0 at the end of the file.
   */
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<number>;
  /**
   * Hands all of `buffer` to one `write(2)`, at the end of the file when it was opened to append.
   * Resolves to the number of bytes written, which is short when the disk filled up on the way.
   */
  write(buffer: Buffer): Promise<number>;
  stat(): Promise<FileStat>;
  truncate(length: number): Promise<void>;
  /** Sets the permission bits, whatever the umask. */
  chmod(mode: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
  /** `fdatasync`: the data and the size are on the medium. */
  datasync(): Promise<void>;
  /** `fsync`: data and all metadata. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** As much of an open file as it takes to scan it. */
export type FileToRead = Pick<OpenFile, "read" | "stat">;

/** How a file is opened. */
export type OpenMode =
  /** Existing file, to read. */
  | "read"
  /** Existing file, to read and to append (`O_APPEND`). */
  | "append"
  /** New file, to read and to append; `EEXIST` when it is there (`O_CREAT | O_EXCL | O_APPEND`). */
  | "create";

/**
 * Every disk operation that leaflog makes goes through this port, so that a test can count,
 * delay or fail any one of them. Paths are absolute. All methods reject with the operating
 * system's error.
 */
export interface FileSystem {
  /**
   * Opens a file without waiting for whatever is at the other end of a pipe; `mode` (permission bits, umask applies) matters for
   * `"create"` alone.
   */
  open(path: string, how: OpenMode, mode?: number): Promise<OpenFile>;
  /** Follows symlinks. */
  stat(path: string): Promise<FileStat>;
  /**
   * `stat` for who looks at a path again, before each write: the answer itself, where the file
   * system is known to answer from memory, else a promise of it. So its error is thrown or is
   * what the promise rejects with. Without it, one looks by `stat`.
   *
   * @param dev the device on which the path was found last
   */
  look?(path: string, dev: bigint): FileStat | Promise<FileStat>;
  /** Resolves every symlink of a path that exists. */
  realpath(path: string): Promise<string>;
  /** The text of a symlink; `EINVAL` for anything else. */
  readlink(path: string): Promise<string>;
  readdir(path: string): Promise<string[]>;
  /** Creates one directory; `EEXIST` when the name is taken. */
  mkdir(path: string, mode?: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  /** Sets the permission bits. */
  chmod(path: string, mode: number): Promise<void>;
  /** Sets access and modification time. */
  utimes(path: string, atime: Date, mtime: Date): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Gives an existing file a second name; `EEXIST` when the name is taken. */
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes a directory's new or removed names survive a power loss. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Calls `onChange` when the file may have changed, been renamed or been removed: perhaps too
   * often, and perhaps never on a system that does not tell, so that one has to look now and then
   * anyway. Resolves to what ends it. Without it, one looks now and then and no more.
   */
  watch?(path: string, onChange: () => void): Promise<() => void>;
  /**
   * Gives a file the ACL and the extended attributes of another, permission bits included; resolves
   * to false where the system has no means to, and rejects with the code `ENOTSUP` when they cannot
   * be kept. Without it, files have none.
   */
  copyAttributes?(from: string, to: string): Promise<boolean>;
  /**
   * The processes that have a file open for writing, this one included: their ids, none when it is
   * known that there are none, undefined when it cannot be told. `name` is the file's last name in
   * its directory. Without it, it can never be told.
   */
  writersOf?(file: FileStat, name: string): Promise<readonly number[] | undefined>;
  /**
   * Synchronous removals, for the handler of process exit alone: nothing asynchronous runs there.
   */
  rmdirSync(path: string): void;
  statSync(path: string): FileStat;
  unlinkSync(path: string): void;
}
