import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryTree, NONE } from "../../../src/cli/tree/entry-tree.js";
import type { Entry } from "../../../src/entry/entry.js";
import { TRANSCRIPT_FORMATS } from "../../../src/entry/transcript-format.js";
import { readBranch } from "../../../src/read/branch/read-branch.js";
import type { MalformedLine } from "../../../src/read/malformed-line.js";
import { readEntries } from "../../../src/read/read-entries.js";
import { findLeaf } from "../../../src/scan/end/find-leaf.js";
import { HEADER_LINE, linearLine, linkedLine } from "../../support/lines.js";
import { MemoryFile } from "../../support/memory-file.js";
import { MemorySource } from "../../support/read/memory-source.js";
import { anyTranscript } from "../../support/read/random-transcript.js";
import { modelRecords } from "../../support/scan/records-model.js";

async function treeOf(
  content: Buffer | string,
  format: keyof typeof TRANSCRIPT_FORMATS = "pi",
): Promise<EntryTree> {
  const named = TRANSCRIPT_FORMATS[format];
  const source = { ...new MemorySource(content), format: named };
  const tree = new EntryTree(named);
  const file = new MemoryFile(content);
  const bytes = Buffer.from(content);
  const damaged: MalformedLine[] = [];
  const addDamaged = () => {
    for (const { offset, length } of damaged.splice(0)) {
      const line = bytes.subarray(offset, offset + length);
      for (const { facts, offset: at, bytes: record } of modelRecords(line, offset)) {
        const entry = JSON.parse(record.toString("utf8")) as Entry;
        if (facts.kind !== "header") tree.add({ entry, offset: at, length: record.length });
      }
    }
  };
  const onMalformed = (line: MalformedLine) => damaged.push(line);
  for await (const record of readEntries(source, { onMalformed })) {
    addDamaged();
    tree.add(record);
  }
  addDamaged();
  const { size } = await file.stat();
  const { leafId, shape } = await findLeaf(file, { size, format: named });
  await tree.finish(leafId, shape === "linear");
  return tree;
}

function pathFrom(tree: EntryTree, start: number): number[] {
  const offsets: number[] = [];
  for (let node = start; node !== NONE; node = tree.parentOf(node)) {
    offsets.push(tree.offsetOf(node));
  }
  return offsets;
}

function nodes(tree: EntryTree): number[] {
  return Array.from({ length: tree.size }, (_, node) => node);
}

async function offsetsOf(branch: AsyncIterable<{ offset: number }>): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of branch) offsets.push(offset);
  return offsets;
}

describe("the tree of a transcript", () => {
  test("has the branches that the reader has, in any file, from the leaf and from any id", async () => {
    await fc.assert(
      fc.asyncProperty(anyTranscript, async (content) => {
        const tree = await treeOf(content);
        const source = { ...new MemorySource(content), format: TRANSCRIPT_FORMATS.pi };
        expect(pathFrom(tree, tree.leaf)).toEqual(await offsetsOf(readBranch(source)));
        expect(tree.branchLength).toBe(pathFrom(tree, tree.leaf).length);
        for (const id of ["a", "b", "c", "d"]) {
          const walked = await offsetsOf(readBranch(source, id));
          const start = nodes(tree).find((node) => tree.offsetOf(node) === walked[0]) ?? NONE;
          expect(pathFrom(tree, start)).toEqual(walked);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("counts each entry once, below its parent, whatever the file", async () => {
    await fc.assert(
      fc.asyncProperty(anyTranscript, async (content) => {
        const tree = await treeOf(content);
        const below = (node: number): number =>
          [...tree.childrenOf(node)].reduce((sum, child) => sum + below(child), 1);
        expect(below(NONE) - 1).toBe(tree.size);
        for (const node of nodes(tree)) {
          const children = [...tree.childrenOf(node)];
          expect(tree.sizeOf(node)).toBe(below(node));
          expect(tree.isFork(node)).toBe(children.length > 1);
          expect(children).toEqual([...children].sort((a, b) => a - b));
          if (children.length > 0) expect(children).toContain(tree.mainOf(node));
          else expect(tree.mainOf(node)).toBe(NONE);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("follows the leaf at a fork, else the larger branch", async () => {
    const forked = [
      HEADER_LINE,
      linkedLine("root", null),
      linkedLine("small", "root"),
      linkedLine("large", "root"),
      linkedLine("larger", "large"),
    ].join("");
    const large = await treeOf(forked);
    expect([large.mainOf(0), large.leaf, large.forks]).toEqual([2, 3, 1]);
    const moved = await treeOf(forked + linkedLine("leaf", "small", { type: "custom" }));
    expect([moved.mainOf(0), moved.leaf, moved.branchLength]).toEqual([1, 4, 3]);
  });

  test("tells entries apart whose parent is missing, behind them, or none", async () => {
    const tree = await treeOf(
      [
        HEADER_LINE,
        linkedLine("x", "y"),
        linkedLine("y", "x"),
        linkedLine("z", "nowhere"),
        linkedLine("self", "self"),
        '{"type":"message","id":"n","parentId":7}\n',
        linearLine(),
      ].join(""),
    );
    expect(nodes(tree).map((node) => tree.detachmentOf(node))).toEqual([
      "parent later",
      undefined,
      "parent missing",
      "parent later",
      "unlinked",
      undefined,
    ]);
    expect(tree.detached).toBe(3);
    expect(tree.parentOf(5)).toBe(3);
    expect(tree.linear).toBe(1);
  });

  test("goes by the names of other formats", async () => {
    const claude = [
      { type: "user", uuid: "1", parentUuid: null },
      { type: "assistant", uuid: "2", parentUuid: "1" },
      { type: "user", uuid: "side", parentUuid: "2", isSidechain: true },
      { type: "system", subtype: "compact_boundary", uuid: "3", logicalParentUuid: "2" },
    ];
    const lines = claude.map((entry) => `${JSON.stringify({ parentUuid: null, ...entry })}\n`);
    const tree = await treeOf(lines.join(""), "claude-code");
    expect(nodes(tree).map((node) => tree.parentOf(node))).toEqual([NONE, 0, 1, 1]);
    expect(tree.leaf).toBe(3);
    expect(tree.isCompaction(3)).toBe(true);
    const codex = [
      { type: "session_meta", payload: { id: "s" } },
      { type: "response_item", payload: { type: "message", role: "user" } },
      { type: "response_item", payload: { type: "function_call_output" } },
    ];
    const rollout = await treeOf(
      codex.map((entry) => `${JSON.stringify({ timestamp: "t", ...entry })}\n`).join(""),
      "codex",
    );
    expect(nodes(rollout).map((node) => rollout.parentOf(node))).toEqual([NONE, 0, 1]);
    expect(nodes(rollout).map((node) => rollout.labelOf(node))).toEqual([
      "session_meta",
      "user",
      "toolResult",
    ]);
  });
});
