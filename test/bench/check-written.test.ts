import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkWritten } from "../../bench/harness/check-written.js";
import { entryId, restoreFixture, writeFixture } from "../../bench/workload/fixture.js";
import { messageOf } from "../../bench/workload/messages.js";
import { WRITERS } from "../../bench/writers/writers.js";
import { openTranscript, verifyTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

describe("lines", () => {
  const check = async (text: string, count: number) => {
    const file = join(await tempDirectory(), "lines");
    await writeFile(file, text);
    return checkWritten({ format: "lines", file, count });
  };

  test("as many as were written, each of them JSON, pass", async () => {
    expect(await check('{"a":1}\n{"b":2}\n', 2)).toBeUndefined();
  });

  test("a lost, a torn, a fused and an unterminated one do not", async () => {
    expect(await check('{"a":1}\n', 2)).toBe("1 lines, not 2");
    expect(await check('{"a":1}\n{"b"\n', 2)).toBe("line 2 is no JSON");
    expect(await check('{"a":1}{"b":2}\n{}\n', 2)).toBe("line 1 is no JSON");
    expect(await check('{"a":1}\n{"b":2}', 2)).toBe("the last line has no newline");
  });
});

describe("transcripts", () => {
  const header = '{"type":"session","version":3,"id":"s"}\n';
  const entry = (id: string, parent: string | null) =>
    `${JSON.stringify({ type: "message", id, parentId: parent })}\n`;
  const check = async (text: string, count: number) => {
    const file = join(await tempDirectory(), "transcript");
    await writeFile(file, text);
    return checkWritten({ format: "transcript", file, count });
  };

  test("one chain passes", async () => {
    expect(await check(header + entry("a", null) + entry("b", "a"), 2)).toBeUndefined();
  });

  test("a fork, a second root, a missing parent and a missing entry do not", async () => {
    expect(await check(header + entry("a", null) + entry("b", "a") + entry("c", "a"), 3)).toMatch(
      /not one chain/,
    );
    expect(await check(header + entry("a", null) + entry("b", null), 2)).toMatch(/not one chain/);
    expect(await check(header + entry("a", null) + entry("b", "gone"), 2)).toMatch(/dangling/);
    expect(await check(header + entry("a", null), 2)).toBe("1 entries, not 2");
  });
});

describe("a fixture", () => {
  test("is a whole transcript, and what is appended to it is looked at and forgotten", async () => {
    const directory = await tempDirectory();
    const fixture = await writeFixture(directory, "f", { lineBytes: "recorded", bytes: 200_000 });
    const { path } = fixture;
    expect(await verifyTranscript(path)).toMatchObject({
      ok: true,
      bytes: fixture.bytes,
      counts: { entries: fixture.entries, linked: fixture.entries },
      leaf: { id: fixture.leafId },
    });
    const written = { format: "transcript", file: path, count: 1, onto: fixture } as const;
    await using transcript = await openTranscript(path);
    await transcript.append({ type: "custom" });
    expect(await checkWritten(written)).toBeUndefined();
    await restoreFixture(fixture);
    await appendFile(path, '{"type":"message","id":"x","parentId":"elsewhere"}\n');
    expect(await checkWritten(written)).toBe("line 1 names another parent");
    await restoreFixture(fixture);
    expect((await verifyTranscript(path)).bytes).toBe(fixture.bytes);
  });

  test("names its entries by their places, and may have a key in each", async () => {
    const directory = await tempDirectory();
    const fixture = await writeFixture(directory, "f", { lineBytes: 300, entries: 20, keys: true });
    expect(fixture.leafId).toBe(entryId(20));
    await using transcript = await openTranscript(fixture.path);
    const keys = new Set<unknown>();
    for await (const { entry } of transcript.entries()) {
      keys.add((entry?.message as { idempotencyKey?: unknown }).idempotencyKey);
    }
    expect(keys.size).toBe(20);
    expect(keys).not.toContain(undefined);
  });

  test("may be linear, and may end with a line of any length", async () => {
    const directory = await tempDirectory();
    const sizes = { lineBytes: 300, entries: 20, lastBytes: 100_000 } as const;
    const { path } = await writeFixture(directory, "f", { ...sizes, linear: true });
    const { counts, longestLine } = await verifyTranscript(path);
    expect(counts).toMatchObject({ linear: 21, linked: 0, malformed: 0 });
    expect(longestLine.length).toBeGreaterThan(100_000);
  });
});

describe("the arms that need nothing installed write what passes", () => {
  const names = ["leaflog", "floor", "appendFile", "appendFileSync", "lock per append", "before"];
  test.for(names as (keyof typeof WRITERS)[])("%s", async (name) => {
    const kind = WRITERS[name];
    const file = join(await tempDirectory(), "written");
    const writer = await kind.open(file);
    await Promise.all(["a", "b", "c"].map((text) => writer.append(messageOf(text))));
    await writer.close();
    expect(await checkWritten({ format: kind.format, file, count: 3 })).toBeUndefined();
    expect(await checkWritten({ format: kind.format, file, count: 4 })).toBeDefined();
  });
});
