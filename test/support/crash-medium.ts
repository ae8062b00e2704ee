import { basename, dirname, join } from "node:path";
import { Fate, type PowerLoss } from "./crash-medium-loss.js";
import { MediumNode } from "./crash-medium-node.js";
import { systemError } from "./intercepted-file-system.js";

/** An operation on names, whole on the medium or not at all; a rename changes two. */
interface NameOperation {
  readonly changes: readonly NameChange[];
}

interface NameChange {
  readonly directory: MediumNode;
  readonly name: string;
  /** Undefined: the name goes. */
  readonly node: MediumNode | undefined;
}

/**
 * A disk in memory that keeps two states: what programs see, and what is sure to be there after a
 * power loss. File data become synced by a sync of the file, names by a sync of their directory;
 * between the two states a power loss may leave anything.
 *
 * The death of a process changes nothing on it. Programs work on it through a `CrashPort`.
 */
export class CrashMedium {
  readonly #root: MediumNode;
  /** Operations on names that are not synced, oldest first. */
  #unsynced: NameOperation[] = [];

  constructor(root: MediumNode = new MediumNode("directory", 0o755)) {
    this.#root = root;
  }

  /** @throws ENOENT, ENOTDIR */
  node(path: string): MediumNode {
    let node = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      if (node.kind !== "directory") throw systemError("ENOTDIR");
      const next = node.names.get(name);
      if (next === undefined) throw systemError("ENOENT");
      node = next;
    }
    return node;
  }

  has(path: string): boolean {
    try {
      this.node(path);
      return true;
    } catch {
      return false;
    }
  }

  /** The bytes of a file as programs see them; undefined when there is none. */
  bytes(path: string): Buffer | undefined {
    return this.has(path) ? this.node(path).live : undefined;
  }

  names(path: string): string[] {
    return [...this.directory(path).names.keys()];
  }

  directory(path: string): MediumNode {
    const node = this.node(path);
    if (node.kind !== "directory") throw systemError("ENOTDIR");
    return node;
  }

  /** Gives a new node its first name. */
  create(path: string, node: MediumNode): void {
    if (this.has(path)) throw systemError("EEXIST");
    this.#change([this.#at(path, node)]);
  }

  remove(path: string, kind: "file" | "directory"): void {
    const node = this.node(path);
    if (node.kind !== kind) throw systemError(kind === "file" ? "EISDIR" : "ENOTDIR");
    if (node.names.size > 0) throw systemError("ENOTEMPTY");
    this.#change([this.#at(path, undefined)]);
  }

  rename(from: string, to: string): void {
    const node = this.node(from);
    if (this.has(to) && this.node(to).kind !== node.kind) throw systemError("EISDIR");
    this.#change([this.#at(from, undefined), this.#at(to, node)]);
  }

  syncDirectory(path: string): void {
    const directory = this.directory(path);
    const concerns = (operation: NameOperation) =>
      operation.changes.some((change) => change.directory === directory);
    for (const operation of this.#unsynced.filter(concerns)) applySynced(operation);
    this.#unsynced = this.#unsynced.filter((operation) => !concerns(operation));
  }

  /** Puts a file on the medium, all of it synced: how a test sets the scene. */
  place(path: string, content: Buffer | string): void {
    this.#makeDirectory(dirname(path));
    const node = new MediumNode("file", 0o600);
    node.append(Buffer.from(content));
    node.sync();
    this.create(path, node);
    this.#unsynced.forEach(applySynced);
    this.#unsynced = [];
  }

  /** The medium as it is found after a power loss: of what was not synced, what `loss` leaves. */
  afterPowerLoss(loss: PowerLoss): CrashMedium {
    const fate = new Fate(loss);
    const names = this.#namesAfter(fate);
    const copies = new Map<MediumNode, MediumNode>();
    const copy = (node: MediumNode): MediumNode => {
      const known = copies.get(node);
      if (known) return known;
      const made = new MediumNode(node.kind, node.mode, node);
      copies.set(node, made);
      if (node.kind === "file") made.live = made.synced = fate.data(node.synced, node.live);
      for (const [name, child] of names.get(node) ?? node.syncedNames) {
        made.names.set(name, copy(child));
        made.syncedNames.set(name, copy(child));
      }
      return made;
    };
    return new CrashMedium(copy(this.#root));
  }

  /** Removes the lock that a dead process left: that it is taken over in time is tested elsewhere. */
  removeLock(file: string): void {
    const directory = dirname(file);
    if (!this.has(directory)) return;
    const locks = this.names(directory).filter((name) => name.startsWith(`${basename(file)}.lock`));
    for (const name of locks) {
      const path = join(directory, name);
      this.remove(path, this.node(path).kind);
    }
  }

  /** What is left in the directories of which something was not synced. */
  #namesAfter(fate: Fate): Map<MediumNode, Map<string, MediumNode>> {
    const names = new Map<MediumNode, Map<string, MediumNode>>();
    const lost = new Map<MediumNode, Set<string>>();
    const keeps = fate.namesKept(this.#unsynced.length);
    for (const { changes } of this.#unsynced) {
      const follows = changes.some(({ directory, name }) => lost.get(directory)?.has(name));
      const kept = keeps() && !follows;
      for (const { directory, name, node } of changes) {
        const left = names.get(directory) ?? new Map(directory.syncedNames);
        names.set(directory, left);
        if (!kept) lost.set(directory, (lost.get(directory) ?? new Set()).add(name));
        else if (node) left.set(name, node);
        else left.delete(name);
      }
    }
    return names;
  }

  #makeDirectory(path: string): void {
    if (this.has(path)) return;
    this.#makeDirectory(dirname(path));
    this.create(path, new MediumNode("directory", 0o700));
  }

  #at(path: string, node: MediumNode | undefined): NameChange {
    return { directory: this.directory(dirname(path)), name: basename(path), node };
  }

  #change(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node) directory.names.set(name, node);
      else directory.names.delete(name);
    }
    this.#unsynced.push({ changes });
  }
}

function applySynced({ changes }: NameOperation): void {
  for (const { directory, name, node } of changes) {
    if (node) directory.syncedNames.set(name, node);
    else directory.syncedNames.delete(name);
  }
}
