import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { FileSystem, OpenFile } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import type { MigrateOptions } from "../../../src/migration/migration.js";
import { findLeaf } from "../../../src/scan/end/find-leaf.js";

export const HEADER = '{"type":"session","version":3,"id":"s","cwd":"/"}';
export const OPTIONS: MigrateOptions = { header: "required", stillOwner: async () => true };

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** A transcript in a directory of its own. */
export function transcript(content: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), "leaflog-migration-"));
  directories.push(directory);
  const file = join(directory, "t.jsonl");
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

export const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join("");

export type Value = Record<string, unknown>;

/** The objects of a file. */
export function objectsIn(file: string): Value[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line.replace(/^\uFEFF/, ""));
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
        return isObject ? [value as Value] : [];
      } catch {
        return [];
      }
    });
}

export const entriesIn = (file: string): Value[] =>
  objectsIn(file).filter((value) => value.type !== "session");

export const namesBeside = (file: string): string[] => readdirSync(join(file, "..")).sort();

/** The ids from `id` to its root, as a reader that keeps the last of equal ids finds them. */
export function walk(entries: Value[], id: unknown): unknown[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const path: unknown[] = [];
  let entry = byId.get(id);
  while (entry !== undefined) {
    if (path.includes(entry.id)) throw new Error(`a circle: ${[...path, entry.id].join(" > ")}`);
    path.push(entry.id);
    entry = byId.get(entry.parentId);
  }
  return path;
}

/** What an append would name as its parent. */
export async function leafOf(file: string): Promise<string | null> {
  const open = await nodeFileSystem.open(file, "read");
  try {
    return (await findLeaf(open, { size: (await open.stat()).size })).leafId;
  } finally {
    await open.close();
  }
}

/** Told of an operation, its path and arguments. A number that it returns is the outcome. */
export type Watcher = (operation: string, path: string, ...args: unknown[]) => unknown;

/** A file system that asks `before` ahead of each operation; what that throws is its outcome. */
export function watched(fs: FileSystem, before: Watcher): FileSystem {
  const wrap = <T extends object>(target: T, path?: string): T =>
    new Proxy(target, {
      get(_, name: string) {
        const method = target[name as keyof T];
        if (typeof method !== "function") return method;
        return async (...args: unknown[]) => {
          const at = path ?? String(args[0]);
          const outcome = await before(name, at, ...args);
          if (typeof outcome === "number") return outcome;
          const result: unknown = await method.apply(target, args);
          return name === "open" ? wrap(result as OpenFile, at) : result;
        };
      },
    });
  return wrap(fs);
}
