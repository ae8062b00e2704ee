import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BranchEnd } from "../../src/read/branch/branch-walk.js";
import { type BranchOptions, readBranch } from "../../src/read/branch/read-branch.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { modelBranch } from "../support/read/branch-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyTranscript } from "../support/read/random-transcript.js";

async function walk(
  content: Buffer | string,
  fromId?: string,
  options: BranchOptions = {},
  maxEntryBytes?: number,
) {
  const source = new MemorySource(content, 1_000_000, maxEntryBytes);
  const offsets: number[] = [];
  const ids: unknown[] = [];
  let told: BranchEnd | undefined;
  const onEnd = (end: BranchEnd) => {
    told = end;
  };
  const branch = readBranch(source, fromId, { ...options, onEnd });
  for (;;) {
    const { value, done } = await branch.next();
    if (done) {
      expect(value).toEqual(told);
      expect(source.isClosed).toBe(true);
      return { ids, offsets, end: value };
    }
    offsets.push(value.offset);
    ids.push(value.entry?.id ?? value.oversized?.id);
  }
}

describe("branch", () => {
  it("follows its rules in any file, from anywhere, to the root or to the compaction", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTranscript,
        fc.option(fc.constantFrom("a", "b", "c", "nobody"), { nil: undefined }),
        fc.boolean(),
        async (content, fromId, untilCompaction) => {
          const { ids, ...walked } = await walk(content, fromId, { untilCompaction });
          expect(walked).toEqual(modelBranch(content, fromId, untilCompaction));
          const turned = await walk(content, fromId, { untilCompaction, rootFirst: true });
          expect(turned.offsets).toEqual(walked.offsets.reverse());
          expect(turned.ids).toEqual(ids.reverse());
          expect(turned.end).toEqual(walked.end);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("goes from the leaf to the root past abandoned branches and bookkeeping", async () => {
    const content =
      HEADER_LINE +
      linkedLine("a", null) +
      linkedLine("b", "a") +
      linkedLine("dead", "a") +
      linkedLine("c", "b") +
      linkedLine("control", "c", { type: "leaf", targetId: "b" }) +
      linkedLine("d", "b") +
      linkedLine("half", "d", { batch: { index: 0, size: 2 } });
    expect(await walk(content)).toMatchObject({ ids: ["d", "b", "a"], end: { end: "root" } });
    expect(await walk(content, "dead")).toMatchObject({ ids: ["dead", "a"] });
  });

  it("takes linear entries as a chain, and stops where a parent is not there", async () => {
    const linear = HEADER_LINE + linearLine({ id: "1" }) + linearLine({ id: "2" });
    expect(await walk(linear)).toMatchObject({ ids: ["2", "1"], end: { end: "root" } });
    const linked = linear + linkedLine("x", "2") + linkedLine("y", "lost");
    expect(await walk(linked, "x")).toMatchObject({ ids: ["x", "2", "1"] });
    const end = { end: "missing-parent", id: "lost" };
    expect(await walk(linked)).toMatchObject({ ids: ["y"], end });
  });

  it("tells a cycle from a parent that is not there or stands behind its child", async () => {
    const cycle = linkedLine("a", "b") + linkedLine("b", "a");
    expect(await walk(cycle)).toMatchObject({ ids: ["b", "a"], end: { end: "cycle", id: "b" } });
    const own = linkedLine("a", "a");
    expect(await walk(own)).toMatchObject({ ids: ["a"], end: { end: "cycle", id: "a" } });
    const later = linkedLine("child", "parent") + linkedLine("parent", null);
    const end = { end: "missing-parent", id: "parent" };
    expect(await walk(later, "child")).toMatchObject({ ids: ["child"], end });
    expect(await walk("", "x")).toMatchObject({ end: { end: "missing-parent", id: "x" } });
    expect(await walk("")).toMatchObject({ ids: [], end: { end: "root" } });
  });

  it("ends with what the newest compaction kept, however long its line", async () => {
    for (const size of [10, 40_000, 1_200_000]) {
      const compaction = (id: string, parent: string, firstKeptEntryId: string) =>
        linkedLine(id, parent, {
          type: "compaction",
          summary: "s".repeat(size),
          firstKeptEntryId,
        });
      const content =
        HEADER_LINE +
        linkedLine("a", null) +
        compaction("old", "a", "a") +
        linkedLine("b", "old") +
        linkedLine("c", "b") +
        compaction("new", "c", "b") +
        linkedLine("d", "new");
      const options = { untilCompaction: true };
      const end = { end: "compaction", id: "new" };
      expect(await walk(content, undefined, options, 2_000_000)).toMatchObject({
        ids: ["d", "new", "c", "b"],
        end,
      });
      // Its body is not read, and what it kept is not known.
      const ids = size > 10_000 ? ["d", "new"] : ["d", "new", "c", "b"];
      expect(await walk(content, undefined, options, 10_000)).toMatchObject({ ids, end });
      expect(await walk(content, undefined, {}, 10_000)).toMatchObject({
        ids: ["d", "new", "c", "b", "old", "a"],
      });
    }
  });
});
