import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { verifyTranscript } from "../../src/index.js";
import { repairFile } from "../../src/repair/repair.js";
import {
  branchByPi,
  chain,
  HEADER,
  message,
  OPTIONS,
  repaired,
  text,
  transcript,
} from "../support/repair/repair-fixture.js";

const M = chain(8);

describe("the links of a repaired transcript", () => {
  test("of an entry whose parent is lost lead to what was the leaf there", async () => {
    const control = '{"type":"leaf","id":"c","parentId":"m3","targetId":"m1"}';
    const file = await transcript(
      text(HEADER, ...M.slice(0, 4), control, message("b1", "b0"), message("b2", "b1")),
    );
    await repaired(file);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(JSON.parse(lines.at(-2) as string)).toMatchObject({ id: "b1", parentId: "m1" });
  });

  test("pass over a batch that was interrupted, and not over one with a gap", async () => {
    const member = (id: string, parentId: string | null, index: number): string =>
      JSON.stringify({ ...JSON.parse(message(id, parentId)), batch: { index, size: 3 } });
    const interrupted = [member("x0", "m1", 0), member("x1", "x0", 1)];
    const gap = [member("y0", "m1", 0), member("y2", "y1", 2)];
    const file = await transcript(
      text(HEADER, ...M.slice(0, 2), ...interrupted, message("z", "lost"), ...gap),
    );
    expect((await verifyTranscript(file)).interruptedBatches).toMatchObject({ total: 2 });
    await repaired(file);
    const parents = Object.fromEntries(
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .map(({ id, parentId }) => [id, parentId]),
    );
    expect(parents).toMatchObject({ z: "m1", y0: "m1", y2: "y0" });
  });

  test("follow an entry that is given a new id", async () => {
    const other = message("m1", "m3", "another");
    const target = '{"type":"leaf","id":"c","parentId":"m5","targetId":"m1"}';
    const file = await transcript(
      text(HEADER, ...M.slice(0, 4), other, message("m4", "m1"), message("m5", "m4"), target),
    );
    const verdict = await verifyTranscript(file);
    expect(verdict.problems).toEqual(["duplicate-ids", "cycles"]);
    const { changes } = await repaired(file);
    expect(changes.counts).toMatchObject({ reidentified: 1, moved: 0 });
    const entries = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const renamed = entries.find((entry) => entry.originalId === "m1");
    expect(renamed).toMatchObject({ parentId: "m3", message: JSON.parse(other).message });
    expect(entries.find(({ id }) => id === "m4")).toMatchObject({ parentId: renamed.id });
    expect(entries.find(({ id }) => id === "c")).toMatchObject({ targetId: renamed.id });
  });

  test("are given to linear entries as a migration gives them", async () => {
    const linear = (words: string): string => {
      const { timestamp, message: body } = JSON.parse(message("m1", null, words));
      return JSON.stringify({ type: "message", timestamp, message: body });
    };
    const file = await transcript(
      text(HEADER, linear("first"), linear("second"), ...M, linear("last")),
    );
    expect((await verifyTranscript(file)).problems).toEqual(["linear"]);
    const { changes } = await repaired(file);
    expect(changes.counts).toMatchObject({ adopted: 3 });
    const branch = await branchByPi(file);
    expect(branch).toHaveLength(9);
    expect(branch.slice(0, 8)).toEqual(M.map((line) => JSON.parse(line).id));
  });

  test("of version 1 are made as a migration makes them", async () => {
    const lines = [
      '{"type":"session","id":"old","timestamp":"2025-11-01T00:00:00.000Z","cwd":"/"}',
      '{"type":"message","message":{"role":"user","content":"forgotten"}}',
      '{"type":"message","message":{"role":"hookMessage","content":"kept"}}',
      '{"type":"compaction","summary":"so far","firstKeptEntryIndex":2,"tokensBefore":9}',
      '{"type":"message","message":{"role":"user","content":"cu',
    ];
    const file = await transcript(lines.join("\n"));
    await repaired(file);
    const entries = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(entries).toHaveLength(4);
    expect(entries[0]).toMatchObject({ version: 3, id: "old" });
    expect(entries[2]).toMatchObject({ message: { role: "custom" }, parentId: entries[1].id });
    expect(entries[3]).toMatchObject({ firstKeptEntryId: entries[2].id });
  });

  test("are left alone when there are too many ids", async () => {
    const file = await transcript(text(HEADER, ...M.slice(3), "x"));
    const report = await repairFile(nodeFileSystem, file, OPTIONS, { maxEntries: 3 });
    expect(report).toMatchObject({ changed: true, linksChecked: false, changes: { total: 1 } });
    expect(readFileSync(file, "utf8")).toBe(text(HEADER, ...M.slice(3)));
  });
});
