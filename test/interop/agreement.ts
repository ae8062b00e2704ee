import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { readByLeaflog } from "./leaflog-entries.js";
import { openPi, type PiEntry, type PiSession } from "./pi-session.js";
import { branchTo, shapeOfEntries, shapeOfTree } from "./tree-shape.js";

/**
 * Has pi and leaflog open a file and expects that they see the same: entries, tree, leaf, branch;
 * and that pi finds nothing in it to rewrite.
 */
export async function expectAgreement(
  file: string,
): Promise<{ pi: PiSession; entries: readonly PiEntry[] }> {
  const before = await readFile(file);
  const pi = openPi(file);
  expect(before.equals(await readFile(file)), "pi rewrote the file").toBe(true);
  const { entries, leafId } = await readByLeaflog(file);
  expect(pi.getEntries()).toEqual(entries);
  expect(pi.getLeafId()).toBe(leafId);
  expect(shapeOfTree(pi.getTree())).toEqual(shapeOfEntries(entries));
  expect(pi.getBranch().map(({ id }) => id)).toEqual(branchTo(leafId, entries));
  return { pi, entries };
}

/** Expects that each entry names the one before it and that no id comes twice. */
export function expectOneChain(entries: readonly PiEntry[]): void {
  const ids = entries.map(({ id }) => id);
  expect(entries.map(({ parentId }) => parentId)).toEqual([null, ...ids].slice(0, ids.length));
  expect(new Set(ids).size).toBe(ids.length);
}
