import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTree } from "../../src/cli/tree/read-tree.js";
import type { Entry, EntryRecord } from "../../src/entry/entry.js";
import {
  CLAUDE_CODE_AGENT,
  TRANSCRIPT_FORMATS,
  type TranscriptFormat,
} from "../../src/entry/transcript-format.js";
import { openTranscript, verifyTranscript } from "../../src/index.js";
import { type BranchOptions, readBranch } from "../../src/read/branch/read-branch.js";
import { followEntries } from "../../src/read/follow/follow-entries.js";
import { readPage } from "../../src/read/page/read-page.js";
import { readEntryById } from "../../src/read/read-by-id.js";
import { readEntries } from "../../src/read/read-entries.js";
import { readHeader } from "../../src/read/read-header.js";
import { readSnapshot } from "../../src/read/read-snapshot.js";
import type { ReadSource } from "../../src/read/read-source.js";
import { readTailEntries } from "../../src/read/read-tail.js";
import {
  boundaryLine,
  CLAUDE_SESSION,
  CODEX_LINES,
  CODEX_ROLLOUT,
  claudeLine,
} from "../support/format-lines.js";
import { HEADER_LINE } from "../support/lines.js";
import { collect, modelEntries } from "../support/read/entries-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyLine } from "../support/read/random-transcript.js";
import { inClaudeNames } from "../support/renamed.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

/** A transcript in memory, said to be of a format. */
function source(content: string, format?: TranscriptFormat, maxEntryBytes = 1_000_000): ReadSource {
  const { file, fileSystem } = new MemorySource(content, undefined, maxEntryBytes);
  return { file, fileSystem, maxEntryBytes, format };
}

async function branch(from: ReadSource, fromId?: string, options: BranchOptions = {}) {
  const records: EntryRecord[] = [];
  const walk = readBranch(from, fromId, options);
  for (;;) {
    const { value, done } = await walk.next();
    if (done) return { records, end: value };
    records.push(value);
  }
}

const uuids = (records: readonly EntryRecord[]) => records.map(({ entry }) => entry?.uuid);

describe("the readers of a session of Claude Code", () => {
  it("give all of its entries, those without an id among them", async () => {
    const expected = modelEntries(Buffer.from(CLAUDE_SESSION));
    expect(expected).toHaveLength(14);
    expect(await collect(readEntries(source(CLAUDE_SESSION)))).toEqual(expected);
    expect(await collect(readEntries(source(CLAUDE_SESSION), { reverse: true }))).toEqual(
      expected.toReversed(),
    );
    expect(await readTailEntries(source(CLAUDE_SESSION), 3)).toEqual(expected.slice(-3));
    const page = await readPage(source(CLAUDE_SESSION), { limit: 5 });
    expect(page.entries).toEqual(expected.slice(0, 5));
    const following = followEntries(source(CLAUDE_SESSION), { from: "start" });
    for (const record of expected) expect((await following.next()).value).toEqual(record);
    expect((await readSnapshot(source(CLAUDE_SESSION))).size).toBe(CLAUDE_SESSION.length);
    expect(await readHeader(source(CLAUDE_SESSION))).toBeUndefined();
  });

  it("find an entry by its uuid", async () => {
    expect((await readEntryById(source(CLAUDE_SESSION), "a1"))?.entry).toMatchObject({
      type: "assistant",
      parentUuid: "u1",
    });
    expect(await readEntryById(source(CLAUDE_SESSION), "msg_a1")).toBeUndefined();
  });

  it("take a line of type session for an entry, for there are no headers", async () => {
    const entries = await collect(readEntries(source(CLAUDE_SESSION + HEADER_LINE)));
    expect(entries.at(-1)?.entry).toMatchObject({ type: "session" });
  });

  it("tell by its own names what an oversized line is", async () => {
    const small = source(CLAUDE_SESSION, undefined, 100);
    const records = await collect(readEntries(small));
    expect(records[2]?.oversized).toEqual({ type: "user", id: "u1", parentId: null });
    expect((await readEntryById(small, "a1"))?.oversized).toMatchObject({ parentId: "u1" });
    expect((await branch(small)).records.map(({ oversized }) => oversized?.id)).toEqual([
      "a3",
      "u3",
      "b",
      "a2",
      "u2",
      "a1",
      "u1",
    ]);
  });

  it("walk from the leaf, which is never beside the main chain, through the compaction", async () => {
    const { records, end } = await branch(source(CLAUDE_SESSION));
    expect(uuids(records)).toEqual(["a3", "u3", "b", "a2", "u2", "a1", "u1"]);
    expect(end).toEqual({ end: "root" });
    const turned = await branch(source(CLAUDE_SESSION), undefined, { rootFirst: true });
    expect(turned.records).toEqual(records.toReversed());
    const aside = await branch(source(CLAUDE_SESSION), "s3");
    expect(uuids(aside.records)).toEqual(["s3", "s2", "s1"]);
  });

  it("end with what the compaction kept", async () => {
    const until = { untilCompaction: true };
    const kept = await branch(source(CLAUDE_SESSION), undefined, until);
    expect(uuids(kept.records)).toEqual(["a3", "u3", "b", "a2"]);
    expect(kept.end).toEqual({ end: "compaction", id: "b" });
    const none = claudeLine("user", "u", null) + boundaryLine("b", "u");
    const { records, end } = await branch(source(none), undefined, until);
    expect(uuids(records)).toEqual(["b"]);
    expect(end).toEqual({ end: "compaction", id: "b" });
  });

  it("end at a compaction that goes on from another file", async () => {
    const content = boundaryLine("b", "elsewhere") + claudeLine("user", "u", "b");
    const { records, end } = await branch(source(content));
    expect(uuids(records)).toEqual(["u", "b"]);
    expect(end).toEqual({ end: "root" });
  });

  /** u <- a, kept <- kept2, and a compaction whose logical parent was written again behind it. */
  const again = (logicalParent: string): string =>
    [
      claudeLine("user", "u", null),
      claudeLine("assistant", "a", "u"),
      claudeLine("user", "kept", "a"),
      claudeLine("assistant", "gone", "kept"),
      boundaryLine("b", logicalParent, "kept"),
      claudeLine("user", "sum", "b"),
      claudeLine("assistant", "tail", "sum"),
      claudeLine("user", "new", "tail"),
    ].join("");

  it.each([
    ["that was written again behind it", again("tail"), ["b", "kept", "a", "u"], 1],
    ["that is itself", again("b"), ["b", "kept", "a", "u"], 1],
    ["that is in another file", again("elsewhere"), ["b", "kept", "a", "u"], 0],
    ["that stands right before it", again("gone"), ["b", "gone", "kept", "a", "u"], 0],
    ["behind it, where it kept nothing", again("tail").replace('"headUuid":"kept"', ""), ["b"], 1],
    [
      "and kept one behind it, too",
      again("tail").replace('"headUuid":"kept"', '"headUuid":"new"'),
      ["b"],
      1,
    ],
  ])("go on behind a compaction with a logical parent %s", async (_, content, rest, ahead) => {
    const { records, end } = await branch(source(content.replace("{,", "{")));
    expect(uuids(records)).toEqual(["new", "tail", "sum", ...rest]);
    expect(end).toEqual({ end: "root" });
    const file = join(await tempDirectory(), "s.jsonl");
    await writeFile(file, content.replace("{,", "{"));
    const { ok, counts, links } = await verifyTranscript(file);
    expect(links).toMatchObject({ branchLength: records.length, branchWhole: true });
    expect({ ok, entries: counts.entries }).toEqual({ ok: true, entries: 8 });
    expect(links?.ahead.total).toBe(ahead);
    expect(links?.roots.total).toBe(rest.length === 1 ? 2 : 1);
    const drawn = (await runCli(["tree", file])).stdout;
    expect(drawn).toContain(`branch of ${records.length} `);
    const { stdout } = await runCli(["stats", "--json", file]);
    expect(JSON.parse(stdout)).toMatchObject({ tree: { branch: { entries: records.length } } });
    const shown = (await runCli(["verify", file])).stdout;
    expect(shown.includes("b, whose logical parent is not before it")).toBe(ahead === 1);
  });

  it("count a branch as verify and the tree do, whatever the file", async () => {
    const anyId = fc.constantFrom("a", "b", "c", "d");
    const lines = fc.array(
      fc.oneof(
        anyLine,
        fc.tuple(anyId, anyId, anyId).map((ids) => boundaryLine(...ids)),
      ),
    );
    const file = join(await tempDirectory(), "s.jsonl");
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom("pi", "claude-code"), async (all, format) => {
        const content = all.map((line) => line.replace(/\n?$/, "\n")).join("");
        await writeFile(file, format === "pi" ? content : inClaudeNames(content));
        const { links } = await verifyTranscript(file, { format });
        const { records, end } = await branch(
          source(readFileSync(file, "utf8"), TRANSCRIPT_FORMATS[format]),
        );
        expect(links).toMatchObject({
          branchLength: records.length,
          branchWhole: end.end === "root",
        });
        await using transcript = await openTranscript(file, { format });
        const tree = await readTree(transcript, {
          format: TRANSCRIPT_FORMATS[format],
          onProgress: () => undefined,
          signal: undefined,
        });
        expect(tree?.branchLength).toBe(records.length);
      }),
      { numRuns: 300 },
    );
  });

  it("walk along what an agent did in a file of its own", async () => {
    const aside = { isSidechain: true, agentId: "x" };
    const content =
      claudeLine("user", "s1", null, aside) + claudeLine("assistant", "s2", "s1", aside);
    for (const format of [undefined, TRANSCRIPT_FORMATS["claude-code"]]) {
      expect(uuids((await branch(source(content, format))).records)).toEqual(["s2", "s1"]);
    }
  });
});

describe("the readers of a rollout of Codex", () => {
  it("give its lines, the first one as well, as a chain", async () => {
    const expected = CODEX_LINES.map((line) => JSON.parse(line));
    const entries = await collect(readEntries(source(CODEX_ROLLOUT)));
    expect(entries.map(({ entry }) => entry)).toEqual(expected);
    const { records, end } = await branch(source(CODEX_ROLLOUT));
    expect(records.map(({ entry }) => entry)).toEqual(expected.toReversed());
    expect(end).toEqual({ end: "root" });
    expect(await readHeader(source(CODEX_ROLLOUT))).toBeUndefined();
    expect(await readTailEntries(source(CODEX_ROLLOUT), 1)).toEqual(entries.slice(-1));
  });
});

it("a format that shows only later is seen then", async () => {
  const memory = new MemorySource("");
  expect(await readTailEntries(memory, 9)).toEqual([]);
  memory.content = Buffer.from(CLAUDE_SESSION);
  expect(uuids((await branch(memory)).records)).toHaveLength(7);
});

describe("the same transcript by other names", () => {
  const { pi } = TRANSCRIPT_FORMATS;
  const claude = { ...CLAUDE_CODE_AGENT, firstKept: pi.firstKept ?? [] };
  /** Linear entries and headers are what Claude Code has none of. */
  const lines = fc.array(
    anyLine.filter(
      (line) => !/"type":"session"|^\{"type":"message",("id":"."|"text":"[^,]*")\}/.test(line),
    ),
    { maxLength: 16 },
  );

  it("gives every reader the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.option(fc.constantFrom("a", "b", "nobody"), { nil: undefined }),
        fc.boolean(),
        fc.constantFrom(10, 1_000_000),
        async (content, fromId, untilCompaction, maxEntryBytes) => {
          const text = content.map((line) => `${line}\n`).join("");
          const here = source(text, pi, maxEntryBytes);
          const there = source(inClaudeNames(text), claude, maxEntryBytes);
          const read = async (from: ReadSource) => ({
            entries: (await collect(readEntries(from))).map(plain),
            tail: (await readTailEntries(from, 3)).map(plain),
            page: (await readPage(from, { direction: "backward", limit: 4 })).entries.map(plain),
            entry: plain(await readEntryById(from, fromId ?? "c")),
            branch: await branch(from, fromId, { untilCompaction }).then(({ records, end }) => ({
              records: records.map(plain),
              end,
            })),
          });
          expect(await read(there)).toEqual(await read(here));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** An entry by pi's names, without where it stands: names differ in length. */
function plain(record: EntryRecord | undefined): unknown {
  if (record?.entry === undefined) return record?.oversized;
  const { uuid, parentUuid, ...rest } = record.entry;
  const own: Entry = {
    ...rest,
    ...(uuid !== undefined && { id: uuid as string }),
    ...(parentUuid !== undefined && { parentId: parentUuid as string | null }),
  };
  return own;
}
