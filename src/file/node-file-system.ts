import * as fs from "node:fs";
import { promisify } from "node:util";
import { copyAttributes } from "./copy-attributes.js";
import { type FileStat, fileStat } from "./file-stat.js";
import type { FileSystem, OpenFile, OpenMode } from "./file-system.js";
import { LocalLooks } from "./local-looks.js";
import { asIrregular } from "./regular-file.js";
import { WriteBursts } from "./write-bursts.js";
import { writersOf } from "./writers-of.js";

const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const ftruncate = promisify(fs.ftruncate);
const fchmod = promisify(fs.fchmod);
const fchown = promisify(fs.fchown);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const close = promisify(fs.close);
const mkdir = promisify(fs.mkdir);
const statfs = promisify(fs.statfs);

const BIGINT = { bigint: true } as const;

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL } = fs.constants;
// A pipe that nobody writes to would hold a thread of the pool for good. Windows knows no such flag.
const O_NONBLOCK: number = fs.constants.O_NONBLOCK ?? 0;
const O_NOCTTY: number = fs.constants.O_NOCTTY ?? 0;
const OPEN_FLAGS: Record<OpenMode, number> = {
  read: O_RDONLY | O_NONBLOCK | O_NOCTTY,
  append: O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL,
};

/** Those of this thread. */
const bursts = new WriteBursts();

// The callback API on a bare descriptor: `FileHandle` costs about three times as much a call, and
// its `writeFile` splits at 512 KiB, which tears lines between writers.
class NodeFile implements OpenFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, buffer, offset, length, position, (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      );
    });
  }

  write(buffer: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const onEnd = (error: Error | null, bytes: number) => {
        bursts.remove();
        if (error) reject(error);
        else resolve(bytes);
      };
      bursts.add(() => fs.write(this.#fd, buffer, 0, buffer.length, null, onEnd));
    });
  }

  async stat() {
    return fileStat(await fstat(this.#fd, BIGINT));
  }

  truncate(length: number) {
    return ftruncate(this.#fd, length);
  }

  chmod(mode: number) {
    return fchmod(this.#fd, mode);
  }

  chown(uid: number, gid: number) {
    return fchown(this.#fd, uid, gid);
  }

  datasync() {
    return fdatasync(this.#fd);
  }

  sync() {
    return fsync(this.#fd);
  }

  close() {
    return close(this.#fd);
  }
}

function stat(path: string): Promise<FileStat> {
  return new Promise((resolve, reject) => {
    fs.stat(path, BIGINT, (error, stats) => (error ? reject(error) : resolve(fileStat(stats))));
  });
}

function statSync(path: string): FileStat {
  return fileStat(fs.statSync(path, BIGINT));
}

/** The looks of this process at the real disk. */
export const localLooks: LocalLooks = new LocalLooks({
  stat,
  statSync,
  typeOf: async (path) => (await statfs(path)).type,
  now: () => performance.now(),
});

/** The real disk, through `node:fs`. */
export const nodeFileSystem: FileSystem = {
  open: async (path, how, mode = 0o600) => {
    const opening = open(path, OPEN_FLAGS[how], mode);
    const fd = await opening.catch((error: unknown) => {
      throw asIrregular(error);
    });
    return new NodeFile(fd);
  },
  stat,
  look: (path, dev) => localLooks.at(path, dev),
  realpath: promisify(fs.realpath.native),
  readlink: promisify(fs.readlink) as (path: string) => Promise<string>,
  readdir: promisify(fs.readdir) as (path: string) => Promise<string[]>,
  mkdir: async (path, mode = 0o777) => {
    await mkdir(path, mode);
  },
  rmdir: promisify(fs.rmdir),
  chmod: promisify(fs.chmod),
  utimes: promisify(fs.utimes),
  rename: promisify(fs.rename),
  link: promisify(fs.link),
  unlink: promisify(fs.unlink),
  syncDirectory: async (path) => {
    const fd = await open(path, O_RDONLY);
    try {
      await fsync(fd);
    } finally {
      await close(fd);
    }
  },
  watch: async (path, onChange) => {
    const watcher = fs.watch(path, () => onChange());
    // What it watched is gone, or the system gave up watching.
    watcher.on("error", () => {
      watcher.close();
      onChange();
    });
    return () => watcher.close();
  },
  ...(process.platform === "linux" && { copyAttributes }),
  writersOf,
  rmdirSync: fs.rmdirSync,
  statSync,
  unlinkSync: fs.unlinkSync,
};
