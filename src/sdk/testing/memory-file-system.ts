import { dirname, parse, resolve, sep } from "node:path";
import type { FileStat } from "../../file/file-stat.js";
import type { FileSystem, OpenFile, OpenMode } from "../../file/file-system.js";
import { MemoryNode } from "./memory-node.js";
import { type Operation, systemError } from "./operations.js";

/** Told of an operation before it is done; it may wait or throw what the operation then rejects with. */
export type BeforeOperation = (operation: Operation, path: string) => Promise<void> | undefined;

/** A disk in memory, without symlinks. Every operation but those at process exit is announced. */
export class MemoryFileSystem implements FileSystem {
  readonly #nodes = new Map<string, MemoryNode>();
  readonly #before: BeforeOperation;

  constructor(before: BeforeOperation) {
    this.#before = before;
    this.#nodes.set(parse(resolve("/")).root, new MemoryNode("directory", 0o700));
  }

  /** The bytes of a file; undefined when there is none. */
  bytes(path: string): Buffer | undefined {
    const node = this.#nodes.get(resolve(path));
    return node?.kind === "file" ? node.bytes : undefined;
  }

  files(): string[] {
    return [...this.#nodes].filter(([, { kind }]) => kind === "file").map(([path]) => path);
  }

  async open(path: string, how: OpenMode, mode = 0o600): Promise<OpenFile> {
    await this.#before(how === "create" && path.endsWith(".lock") ? "lock" : "open", path);
    if (how === "create") this.#add(path, new MemoryNode("file", mode));
    const node = this.#node(path);
    if (node.kind === "directory" && how === "append") throw systemError("EISDIR", "open", path);
    return new MemoryFile(node, path, this.#before);
  }

  async stat(path: string): Promise<FileStat> {
    await this.#before("stat", path);
    return this.statSync(path);
  }

  look(path: string): FileStat | Promise<FileStat> {
    const disturbed = this.#before("stat", path);
    return disturbed ? disturbed.then(() => this.statSync(path)) : this.statSync(path);
  }

  async realpath(path: string): Promise<string> {
    await this.#before("stat", path);
    this.#node(path);
    return resolve(path);
  }

  async readlink(path: string): Promise<string> {
    await this.#before("stat", path);
    this.#node(path);
    throw systemError("EINVAL", "readlink", path);
  }

  async readdir(path: string): Promise<string[]> {
    await this.#before("stat", path);
    const directory = this.#directory(path, "scandir");
    const inside = [...this.#nodes.keys()].filter((name) => dirname(name) === directory);
    return inside.filter((name) => name !== directory).map((name) => parse(name).base);
  }

  async mkdir(path: string, mode = 0o777): Promise<void> {
    await this.#before("mkdir", path);
    this.#add(path, new MemoryNode("directory", mode));
  }

  async rmdir(path: string): Promise<void> {
    await this.#before("remove", path);
    this.rmdirSync(path);
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.#before("stat", path);
    this.#node(path).mode = mode;
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    await this.#before("stat", path);
    this.#node(path).touch(mtime);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#before("rename", from);
    const node = this.#node(from);
    this.#directory(dirname(to), "rename");
    const moved = `${resolve(from)}${sep}`;
    const inside = [...this.#nodes].filter(([path]) => path.startsWith(moved));
    this.#nodes.delete(resolve(from));
    this.#nodes.set(resolve(to), node);
    for (const [path, below] of inside) {
      this.#nodes.delete(path);
      this.#nodes.set(resolve(to, path.slice(moved.length)), below);
    }
  }

  async link(existing: string, path: string): Promise<void> {
    await this.#before("open", path);
    this.#add(path, this.#node(existing));
  }

  async unlink(path: string): Promise<void> {
    await this.#before("remove", path);
    this.unlinkSync(path);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#before("sync", path);
    this.#directory(path, "fsync");
  }

  /** Nobody else has a file of this disk open. */
  async writersOf(): Promise<readonly number[]> {
    return [];
  }

  rmdirSync(path: string): void {
    const directory = this.#directory(path, "rmdir");
    for (const name of this.#nodes.keys()) {
      if (name !== directory && dirname(name) === directory) {
        throw systemError("ENOTEMPTY", "rmdir", path);
      }
    }
    this.#nodes.delete(directory);
  }

  statSync(path: string): FileStat {
    return this.#node(path).stat();
  }

  unlinkSync(path: string): void {
    if (this.#node(path).kind === "directory") throw systemError("EISDIR", "unlink", path);
    this.#nodes.delete(resolve(path));
  }

  #node(path: string): MemoryNode {
    const node = this.#nodes.get(resolve(path));
    if (node === undefined) throw systemError("ENOENT", "open", path);
    return node;
  }

  #directory(path: string, call: string): string {
    if (this.#node(path).kind !== "directory") throw systemError("ENOTDIR", call, path);
    return resolve(path);
  }

  #add(path: string, node: MemoryNode): void {
    this.#directory(dirname(resolve(path)), "open");
    if (this.#nodes.has(resolve(path))) throw systemError("EEXIST", "open", path);
    this.#nodes.set(resolve(path), node);
  }
}

class MemoryFile implements OpenFile {
  readonly #node: MemoryNode;
  readonly #path: string;
  readonly #before: BeforeOperation;

  constructor(node: MemoryNode, path: string, before: BeforeOperation) {
    this.#node = node;
    this.#path = path;
    this.#before = before;
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    await this.#before("read", this.#path);
    const { bytes } = this.#node;
    return position < bytes.length ? bytes.copy(buffer, offset, position, position + length) : 0;
  }

  async write(buffer: Buffer): Promise<number> {
    await this.#before("write", this.#path);
    this.#node.append(buffer);
    return buffer.length;
  }

  async stat(): Promise<FileStat> {
    await this.#before("stat", this.#path);
    return this.#node.stat();
  }

  async truncate(length: number): Promise<void> {
    await this.#before("truncate", this.#path);
    this.#node.truncate(length);
  }

  async chmod(mode: number): Promise<void> {
    await this.#before("stat", this.#path);
    this.#node.mode = mode;
  }

  async chown(uid: number, gid: number): Promise<void> {
    await this.#before("stat", this.#path);
    this.#node.uid = uid;
    this.#node.gid = gid;
  }

  async datasync(): Promise<void> {
    await this.#before("sync", this.#path);
  }

  async sync(): Promise<void> {
    await this.#before("sync", this.#path);
  }

  async close(): Promise<void> {
    // What is closed in memory needs nothing; there is no descriptor that could run out.
    await Promise.resolve();
  }
}
