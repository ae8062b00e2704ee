import type { FileStat } from "../../src/file/file-stat.js";
import type { FileSystem, OpenFile, OpenMode } from "../../src/file/file-system.js";
import type { CrashMedium } from "./crash-medium.js";
import { MediumNode, now } from "./crash-medium-node.js";
import { systemError } from "./intercepted-file-system.js";

/** A port that does not keep its word. */
export type Lie =
  /** `fdatasync` returns and has done nothing. */
  | "datasync"
  /** `fsync` of a file likewise. */
  | "sync"
  /** `fsync` of a directory likewise. */
  | "syncDirectory"
  /** One `write` becomes two, between which others may write. */
  | "split write";

/** What happens to a program on its way. */
export interface CrashPlan {
  /**
   * Number of the operation that is the last: only those that change the medium count, the lock's
   * excepted, for between two of them it makes no difference where a program ends.
   */
  readonly crashAt: number;
  /** From 0, when that operation is not begun, to 1, when it is done and its caller never hears. */
  readonly part: number;
  readonly lie?: Lie | undefined;
  /** Called before each operation that counts. */
  readonly before?: ((operation: number) => void) | undefined;
}

/**
 * A `FileSystem` on a crash medium, for one life of a program. From the crash on every operation
 * rejects: what the program still does has no effect, and nothing of it lingers.
 */
export class CrashPort implements FileSystem {
  readonly #medium: CrashMedium;
  readonly #plan: CrashPlan;
  #operations = 0;
  #crashed = false;

  constructor(
    medium: CrashMedium,
    plan: CrashPlan = { crashAt: Number.POSITIVE_INFINITY, part: 0 },
  ) {
    this.#medium = medium;
    this.#plan = plan;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** Operations that count, so far. */
  get operations(): number {
    return this.#operations;
  }

  /** Ends the life here, unless it has ended. */
  crash(): void {
    this.#crashed = true;
  }

  /** An operation that changes nothing. */
  async observe<T>(work: () => T): Promise<T> {
    await null;
    this.#ensureAlive();
    return work();
  }

  /** An operation that changes the medium; `work` is told how much of it to do, from 0 to 1. */
  async change<T>(path: string, work: (part: number) => T): Promise<T> {
    await null;
    this.#ensureAlive();
    if (/\.lock(\.owner|\.steal)?$/.test(path)) return work(1);
    const operation = this.#operations;
    this.#operations += 1;
    this.#plan.before?.(operation);
    if (operation < this.#plan.crashAt) return work(1);
    this.#crashed = true;
    if (this.#plan.part > 0) work(this.#plan.part);
    throw machineOff();
  }

  lies(lie: Lie): boolean {
    return this.#plan.lie === lie;
  }

  async open(path: string, how: OpenMode, mode = 0o600): Promise<OpenFile> {
    if (how === "create") {
      const node = new MediumNode("file", mode);
      await this.change(path, () => this.#medium.create(path, node));
      return new PortFile(this, node, path);
    }
    const node = await this.observe(() => this.#medium.node(path));
    if (node.kind === "directory" && how === "append") throw systemError("EISDIR");
    return new PortFile(this, node, path);
  }

  stat(path: string): Promise<FileStat> {
    return this.observe(() => this.statSync(path));
  }

  look(path: string): FileStat {
    return this.statSync(path);
  }

  realpath(path: string): Promise<string> {
    return this.observe(() => {
      this.#medium.node(path);
      return path;
    });
  }

  readlink(path: string): Promise<string> {
    return this.observe(() => {
      this.#medium.node(path);
      throw systemError("EINVAL");
    });
  }

  readdir(path: string): Promise<string[]> {
    return this.observe(() => this.#medium.names(path));
  }

  mkdir(path: string, mode = 0o777): Promise<void> {
    const node = new MediumNode("directory", mode);
    return this.change(path, () => this.#medium.create(path, node));
  }

  rmdir(path: string): Promise<void> {
    return this.change(path, () => this.#medium.remove(path, "directory"));
  }

  utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    return this.change(path, () => {
      this.#medium.node(path).mtimeNs = BigInt(mtime.getTime()) * 1_000_000n;
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.change(path, () => {
      this.#medium.node(path).mode = mode;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.change(to, () => this.#medium.rename(from, to));
  }

  link(existing: string, path: string): Promise<void> {
    return this.change(path, () => this.#medium.create(path, this.#medium.node(existing)));
  }

  unlink(path: string): Promise<void> {
    return this.change(path, () => this.#medium.remove(path, "file"));
  }

  syncDirectory(path: string): Promise<void> {
    return this.change(path, () => {
      if (!this.lies("syncDirectory")) this.#medium.syncDirectory(path);
    });
  }

  /** The program is alone on its machine. */
  async writersOf(): Promise<readonly number[]> {
    return [];
  }

  rmdirSync(path: string): void {
    this.#ensureAlive();
    this.#medium.remove(path, "directory");
  }

  statSync(path: string): FileStat {
    this.#ensureAlive();
    return this.#medium.node(path).stat();
  }

  unlinkSync(path: string): void {
    this.#ensureAlive();
    this.#medium.remove(path, "file");
  }

  #ensureAlive(): void {
    if (this.#crashed) throw machineOff();
  }
}

class PortFile implements OpenFile {
  readonly #port: CrashPort;
  readonly #node: MediumNode;
  readonly #path: string;
  #open = true;

  constructor(port: CrashPort, node: MediumNode, path: string) {
    this.#port = port;
    this.#node = node;
    this.#path = path;
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    return this.#look(() => {
      const { live } = this.#node;
      return position < live.length ? live.copy(buffer, offset, position, position + length) : 0;
    });
  }

  async write(buffer: Buffer): Promise<number> {
    if (!this.#port.lies("split write")) return this.#write(buffer);
    const middle = buffer.length >> 1;
    const first = await this.#write(buffer.subarray(0, middle));
    return first + (await this.#write(buffer.subarray(middle)));
  }

  stat(): Promise<FileStat> {
    return this.#look(() => this.#node.stat());
  }

  truncate(length: number): Promise<void> {
    return this.#change(() => this.#node.truncate(length));
  }

  chmod(mode: number): Promise<void> {
    return this.#change(() => {
      this.#node.mode = mode;
    });
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#change(() => {
      this.#node.uid = uid;
      this.#node.gid = gid;
      this.#node.mtimeNs = now();
    });
  }

  datasync(): Promise<void> {
    return this.#change(() => {
      if (!this.#port.lies("datasync")) this.#node.sync();
    });
  }

  sync(): Promise<void> {
    return this.#change(() => {
      if (!this.#port.lies("sync")) this.#node.sync();
    });
  }

  close(): Promise<void> {
    return this.#look(() => {
      this.#open = false;
    });
  }

  #write(buffer: Buffer): Promise<number> {
    return this.#change((part) => {
      const bytes = Math.round(buffer.length * part);
      this.#node.append(buffer.subarray(0, bytes));
      return bytes;
    });
  }

  #look<T>(work: () => T): Promise<T> {
    return this.#port.observe(() => {
      this.#ensureOpen();
      return work();
    });
  }

  #change<T>(work: (part: number) => T): Promise<T> {
    return this.#port.change(this.#path, (part) => {
      this.#ensureOpen();
      return work(part);
    });
  }

  #ensureOpen(): void {
    if (!this.#open) throw systemError("EBADF");
  }
}

function machineOff(): Error {
  return Object.assign(new Error("the machine is off"), { code: "ESHUTDOWN" });
}
