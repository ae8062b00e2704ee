import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFileSystem as fs } from "../../src/file/node-file-system.js";
import { migrateFile } from "../../src/migration/migration.js";
import {
  entriesIn,
  HEADER,
  leafOf,
  lines,
  namesBeside,
  OPTIONS,
  objectsIn,
  transcript,
  walk,
} from "../support/migration/migration-fixture.js";
import { versionOneSessions } from "../support/version-one-session.js";

const INSERTED = /"id":"[0-9a-f-]{36}","parentId":(?:null|"[^"]*"),?/;

const migrate = (file: string) => migrateFile(fs, file, OPTIONS);

test.each(await versionOneSessions())("$name of version 1 becomes one chain", async (session) => {
  const before = session.content.toString("utf8");
  const file = transcript(before);
  const report = await migrate(file);
  const after = readFileSync(file, "utf8");
  expect(report).toEqual({
    file,
    changed: true,
    entries: session.entries,
    migrated: session.entries,
    reidentified: 0,
    malformed: 0,
    lateBytes: 0,
    bytesBefore: Buffer.byteLength(before),
    bytesAfter: Buffer.byteLength(after),
  });

  const [header, ...rest] = after.split("\n");
  const [oldHeader, ...oldRest] = before.split("\n");
  expect(header).toBe(oldHeader?.replace("{", '{"version":3,'));
  expect(rest).toHaveLength(oldRest.length);
  let parentId: unknown = null;
  let index = 0;
  for (const [at, line] of rest.entries()) {
    const old = oldRest[at] as string;
    if (line === "") continue;
    index += 1;
    const entry = JSON.parse(line);
    expect(entry.parentId).toBe(parentId);
    parentId = entry.id;
    const stripped = line.replace(INSERTED, "");
    if (!old.includes("firstKeptEntryIndex")) expect(stripped).toBe(old);
    const { id: _id, parentId: _parent, firstKeptEntryId: _kept, ...members } = entry;
    const { firstKeptEntryIndex: _index, ...oldMembers } = JSON.parse(old);
    expect(members).toEqual(oldMembers);
  }
  expect(index).toBe(session.entries);
  expect(await leafOf(file)).toBe(parentId);
  expect(walk(entriesIn(file), parentId)).toHaveLength(session.entries);
});

test("a second migration changes nothing", async () => {
  const file = transcript(
    lines(
      '{"type":"session","id":"s"}',
      '{"type":"message","message":{"role":"hookMessage"}}',
      "x",
    ),
  );
  expect((await migrate(file)).changed).toBe(true);
  const bytes = readFileSync(file);
  const { ino, mtimeNs } = statSync(file, { bigint: true });
  expect(await migrate(file)).toEqual({
    file,
    changed: false,
    entries: 1,
    migrated: 0,
    reidentified: 0,
    malformed: 1,
    bytesBefore: bytes.length,
    bytesAfter: bytes.length,
    lateBytes: 0,
  });
  expect(readFileSync(file)).toEqual(bytes);
  expect(statSync(file, { bigint: true })).toMatchObject({ ino, mtimeNs });
});

describe("conversions of older versions", () => {
  test("the role hookMessage, in messages of headers below 3 alone", async () => {
    const hook = '{"type":"message","id":"a","parentId":null,"message":{"role":"hookMessage"}}';
    const other = '{"type":"note","id":"b","parentId":"a","message":{"role":"hookMessage"}}';
    const old = transcript(lines('{"version":2,"type":"session","id":"s"}', hook, other));
    expect(await migrate(old)).toMatchObject({ changed: true, migrated: 0, entries: 2 });
    expect(readFileSync(old, "utf8")).toBe(
      lines(
        '{"version":3,"type":"session","id":"s"}',
        hook.replace("hookMessage", "custom"),
        other,
      ),
    );
    const current = transcript(lines(HEADER, hook));
    expect(await migrate(current)).toMatchObject({ changed: false });
  });

  test("firstKeptEntryIndex counts JSON values, and may point anywhere", async () => {
    const compaction = (index: number | string) =>
      `{"type":"compaction","firstKeptEntryIndex":${index},"z":1}`;
    const file = transcript(
      lines(
        '{"type":"session","id":"s"}', // 0
        "not JSON",
        "",
        '{"type":"message","n":1}', // 1
        "[]", // 2
        '{"type":"message","id":"own","n":3}', // 3
        compaction(1), // 4
        compaction(3), // 5
        compaction(11), // 6
        compaction(12), // 7
        compaction(0), // 8
        compaction(2), // 9
        compaction(99), // 10
        '{"type":"message","n":11}', // 11
        '{"type":"message","id":"ahead","n":12}', // 12
        compaction(13), // 13: itself
        compaction(1.5),
        compaction(-1),
        compaction('"1"'),
        '{"type":"note","firstKeptEntryIndex":1}',
      ),
    );
    await migrate(file);
    const entries = entriesIn(file);
    const idOf = (n: number) => entries.find((entry) => entry.n === n)?.id;
    expect(idOf(12)).toBe("ahead");
    const compactions = entries.filter((entry) => entry.type === "compaction");
    expect(compactions.map((entry) => entry.firstKeptEntryId)).toEqual([
      idOf(1),
      "own",
      idOf(11),
      "ahead",
      undefined,
      undefined,
      undefined,
      compactions[7]?.id,
      undefined,
      undefined,
      undefined,
    ]);
    expect(compactions.map((entry) => entry.firstKeptEntryIndex)).toEqual([
      ...[undefined, undefined, undefined, undefined, 0, 2, 99, undefined, 1.5, -1, "1"],
    ]);
    expect(entries.at(-1)?.firstKeptEntryIndex).toBe(1);
    expect(walk(entries, await leafOf(file))).toHaveLength(entries.length);
  });

  test("a compaction may name an entry that is linked already, or gets a new id", async () => {
    const file = transcript(
      lines(
        HEADER,
        '{"id":"twin"}',
        '{"type":"compaction","firstKeptEntryIndex":3}',
        '{"id":"twin"}',
        '{"type":"compaction","firstKeptEntryIndex":5}',
        '{"id":"linked","parentId":null}',
        '{"type":"compaction","firstKeptEntryIndex":5}',
        '{"type":"compaction","firstKeptEntryIndex":3}',
      ),
    );
    await migrate(file);
    const entries = entriesIn(file);
    expect(entries[2]?.originalId).toBe("twin");
    expect(entries.map((entry) => entry.firstKeptEntryId)).toEqual([
      ...[undefined, entries[2]?.id, undefined, "linked", undefined, "linked", entries[2]?.id],
    ]);
  });

  test("every header line is brought to version 3, whatever its version was", async () => {
    for (const version of ["1", "2", '"1"', "null", "-1"]) {
      const file = transcript(lines(`{"type":"session","version":${version},"id":"s"}`, "{}"));
      await migrate(file);
      expect(readFileSync(file, "utf8")).toMatch(/^\{"type":"session","version":3,"id":"s"\}\n/);
    }
  });
});

describe("headers", () => {
  const body = lines('{"type":"message"}');

  test("a later version is refused, with advice", async () => {
    const file = transcript(lines('{"type":"session","version":4,"id":"s"}', "{}"));
    for (const header of ["required", "optional"] as const) {
      await expect(migrateFile(fs, file, { ...OPTIONS, header })).rejects.toMatchObject({
        code: "LEAFLOG_BAD_HEADER",
        message: expect.stringMatching(/version 4.*later release/),
      });
    }
  });

  test.each([
    body,
    `garbage\n${body}`,
    lines('{"type":"session"}', "{}"),
  ])("none is refused, or left out: %j", async (content) => {
    const file = transcript(content);
    await expect(migrate(file)).rejects.toMatchObject({ code: "LEAFLOG_BAD_HEADER", file });
    expect(readFileSync(file, "utf8")).toBe(content);
    const report = await migrateFile(fs, file, { ...OPTIONS, header: "optional" });
    expect(report).toMatchObject({ changed: true, migrated: 1 });
    expect(entriesIn(file)).toEqual([expect.objectContaining({ parentId: null })]);
  });

  test("an empty file has nothing to migrate, a missing one cannot be read", async () => {
    for (const content of ["", "\n", " \r\n\n"]) {
      expect(await migrate(transcript(content))).toMatchObject({ changed: false, entries: 0 });
    }
    await expect(migrate(`${transcript("")}x`)).rejects.toMatchObject({
      code: "LEAFLOG_READ_FAILED",
      cause: { code: "ENOENT" },
    });
  });
});

test("a torn tail that is JSON takes part, another is ended", async () => {
  const whole = transcript(`${lines(HEADER, "{}")}{"n":1}`);
  expect(await migrate(whole)).toMatchObject({ migrated: 2, malformed: 0 });
  expect(readFileSync(whole, "utf8")).toMatch(/"n":1\}\n$/);
  const cut = transcript(`${lines(HEADER, "{}")}{"n":`);
  expect(await migrate(cut)).toMatchObject({ migrated: 1, malformed: 1 });
  expect(readFileSync(cut, "utf8")).toMatch(/\n\{"n":\n$/);
  const alone = transcript(`${HEADER}\n{"n":`);
  expect(await migrate(alone)).toMatchObject({ changed: false });
});

test.each([
  [1_500_000, {}],
  [20_000, { maxChunkBytes: 1000 }],
])("lines longer than what is held at once are edited where they lie: %d", async (...given) => {
  const [length, internals] = given;
  const text = "é".repeat(length);
  const giant = `{"a":"${text}","id":"twin","message":{"role":"hookMessage"},"type":"message"}`;
  const file = transcript(
    lines('{"type":"session","id":"s"}', giant, "{}", giant, `[${text}`, "{}"),
  );
  const report = await migrateFile(fs, file, OPTIONS, internals);
  expect(report).toMatchObject({ migrated: 4, reidentified: 1, malformed: 1 });
  expect(report.bytesAfter).toBe(statSync(file).size);
  const [first, second, third, last] = entriesIn(file);
  const message = { role: "custom" };
  expect(first).toEqual({ id: "twin", parentId: null, a: text, message, type: "message" });
  expect(third).toEqual({ ...first, id: third?.id, parentId: second?.id, originalId: "twin" });
  expect(last?.parentId).toBe(third?.id);
  expect(objectsIn(file)).toHaveLength(5);
});

/** A line whose first record is whole and linked, with the beginning of another one behind it. */
const fusedLine = (record: object, rest = ""): string =>
  `${JSON.stringify(record)}{"type":"x","cut":"${rest}`;

test.each([
  ["a short one", "", {}],
  ["one of which not all is held at once", "é".repeat(100_000), {}],
  ["one longer than a chunk", "é".repeat(5000), { maxChunkBytes: 1000 }],
])("a linked record in a malformed line counts, and the line stays: %s", async (...given) => {
  const [, rest, internals] = given;
  const fused = fusedLine({ type: "x", id: "r", parentId: null }, rest);
  const file = transcript(lines(HEADER, '{"id":"a"}', fused, '{"id":"b"}', '{"id":"r"}'));
  const leafBefore = await leafOf(file);
  const report = await migrateFile(fs, file, OPTIONS, internals);
  expect(report).toMatchObject({ migrated: 3, reidentified: 1, malformed: 1 });
  expect(readFileSync(file, "utf8").split("\n")[2]).toBe(fused);
  const [a, b, renamed] = entriesIn(file);
  expect([a?.parentId, b?.parentId, renamed?.parentId]).toEqual([null, "r", "b"]);
  expect(renamed).toMatchObject({ originalId: "r" });
  // What an append would have linked to before, it finds on the way to the root now.
  expect(leafBefore).toBe("r");
  expect(await leafOf(file)).toBe(renamed?.id);
});

test("it counts as the last line, too, and a linear record there does not", async () => {
  const fused = fusedLine({ type: "x", id: "r", parentId: "a" });
  const linear = '{"type":"x","id":"n"}{"type":"x","cut';
  const file = transcript(lines(HEADER, '{"id":"a"}', fused, linear));
  expect(await migrate(file)).toMatchObject({ migrated: 1, malformed: 2 });
  expect(await leafOf(file)).toBe("r");
});

test("the mode stays, and so do programs' other files", async () => {
  const file = transcript(lines(HEADER, "{}"));
  chmodSync(file, 0o640);
  const leftover = `${file}.${crypto.randomUUID()}.leaflog-tmp`;
  const others = [
    `${file}.leaflog-tmp`,
    `${file}.abc.leaflog-tmp`,
    leftover.replace("t.jsonl", "u.jsonl"),
  ];
  for (const path of [leftover, ...others]) writeFileSync(path, "");
  await migrate(file);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(namesBeside(file)).toHaveLength(1 + others.length);
  expect(namesBeside(file)).not.toContain(basename(leftover));
});

test("progress goes up, over both readings, to its total", async () => {
  const content = lines(HEADER, ...Array.from({ length: 20_000 }, () => '{"n":"0123456789"}'));
  const total = content.length * 2;
  const file = transcript(content);
  for (const least of [6, 2]) {
    const told: [number, number][] = [];
    await migrateFile(fs, file, { ...OPTIONS, onProgress: (...step) => told.push(step) });
    expect(told.length).toBeGreaterThanOrEqual(least);
    const end = told.at(-1) as [number, number];
    expect(end[0]).toBe(end[1]);
    if (least === 6) expect(end[1]).toBe(total);
    const done = told.map(([bytes]) => bytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(done).size).toBe(done.length);
  }
});
