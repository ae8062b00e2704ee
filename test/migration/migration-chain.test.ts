import { describe, expect, test } from "vitest";
import { nodeFileSystem as fs } from "../../src/file/node-file-system.js";
import { migrateFile } from "../../src/migration/migration.js";
import {
  entriesIn,
  HEADER,
  leafOf,
  lines,
  OPTIONS,
  transcript,
  walk,
} from "../support/migration/migration-fixture.js";

const migrate = (file: string) => migrateFile(fs, file, OPTIONS);

describe("the parent of a linear entry", () => {
  const linked = (id: string, parentId: string | null, more = "") =>
    `{"type":"message","id":"${id}","parentId":${JSON.stringify(parentId)}${more}}`;
  const batch = (index: number, size: number) => `,"batch":{"index":${index},"size":${size}}`;
  const control = (id: string, targetId: string | null) =>
    `{"type":"leaf","id":"${id}","parentId":null,"targetId":${JSON.stringify(targetId)}}`;
  const linear = '{"type":"message","new":true}';

  const cases: [string, string[], string | null][] = [
    ["is null at the root", [], null],
    ["is the last linked entry", [linked("a", null), linked("b", "a")], "b"],
    ["is not an unlinked one", [linked("a", null), '{"id":"u","parentId":5}', "7", "x"], "a"],
    [
      "is where a control moved the leaf",
      [linked("a", null), linked("b", "a"), control("c", "a")],
      "a",
    ],
    ["is null where a control says so", [linked("a", null), control("c", null)], null],
    ["is not what is not there", [linked("a", null), control("c", "gone")], "a"],
    ["is not what comes later", [linked("a", null), control("c", "later")], "a"],
    [
      "is the end of a whole batch",
      [linked("a", null), linked("b", "a", batch(0, 2)), linked("c", "b", batch(1, 2))],
      "c",
    ],
    [
      "is before a batch that is not whole",
      [linked("a", null), linked("b", "a", batch(0, 3)), linked("c", "b", batch(1, 3))],
      "a",
    ],
    ["is before what is left of a batch", [linked("a", null), linked("c", "b", batch(1, 3))], "a"],
    [
      "is before both of two broken batches",
      [linked("a", null), linked("b", "a", batch(0, 3)), linked("d", "c", batch(2, 4))],
      "a",
    ],
    [
      "is the last but one of a batch that ends in an idle control",
      [
        linked("a", null),
        linked("b", "a", batch(0, 2)),
        `{"type":"leaf","id":"c","parentId":"b","targetId":"gone"${batch(1, 2)}}`,
      ],
      "b",
    ],
    [
      "is the target of a batch's last control",
      [
        linked("a", null),
        linked("b", "a", batch(0, 2)),
        `{"type":"leaf","id":"c","parentId":"b","targetId":"a"${batch(1, 2)}}`,
      ],
      "a",
    ],
  ];
  test.each(cases)("%s", async (_, before, parent) => {
    const file = transcript(lines(HEADER, ...before, linear, linear, linked("later", null)));
    await migrate(file);
    const migrated = entriesIn(file).filter((entry) => entry.new);
    expect(migrated.map((entry) => entry.parentId)).toEqual([parent, migrated[0]?.id]);
    const without = transcript(lines(HEADER, ...before));
    expect(await leafOf(without)).toBe(parent);
  });

  test("follows controls and batches among linear entries", async () => {
    const file = transcript(
      lines(
        HEADER,
        '{"id":"a"}',
        '{"id":"b"}',
        '{"type":"leaf","id":"c","targetId":"a"}',
        `{"id":"d"${batch(0, 2)}}`,
        `{"id":"e"${batch(1, 2)}}`,
        `{"id":"f"${batch(0, 3)}}`,
        `{"id":"g"${batch(1, 3)}}`,
        '{"id":"h"}',
        `{"id":"i"${batch(0, 2)}}`,
      ),
    );
    await migrate(file);
    expect(entriesIn(file).map((entry) => [entry.id, entry.parentId])).toEqual([
      ["a", null],
      ["b", "a"],
      ["c", "b"],
      ["d", "a"],
      ["e", "d"],
      ["f", "e"],
      ["g", "f"],
      ["h", "e"],
      ["i", "h"],
    ]);
    expect(await leafOf(file)).toBe("h");
  });
});

describe("ids", () => {
  const shown = (file: string) =>
    entriesIn(file).map(({ id, parentId, originalId }) => ({ id, parentId, originalId }));

  test("are kept, and made where there is none that can be used", async () => {
    const file = transcript(
      lines(
        HEADER,
        '{"id":"a"}',
        "{}",
        '{"id":" "}',
        '{"id":7}',
        '{"id":null}',
        '{"id":"b","id":{}}',
      ),
    );
    expect(await migrate(file)).toMatchObject({ migrated: 6, reidentified: 0 });
    const entries = shown(file);
    expect(entries.map((entry) => entry.originalId)).toEqual([
      ...[undefined, undefined, " ", 7, null, {}],
    ]);
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(6);
    expect(walk(entries, await leafOf(file))).toHaveLength(6);
  });

  test("of which a linear entry has the second get a new one", async () => {
    const file = transcript(lines(HEADER, '{"id":"a","n":1}', '{"id":"a","n":1}', '{"id":"a"}'));
    expect(await migrate(file)).toMatchObject({ migrated: 3, reidentified: 2 });
    const entries = shown(file);
    expect(entries.map((entry) => entry.originalId)).toEqual([undefined, "a", "a"]);
    expect(walk(entries, await leafOf(file))).toHaveLength(3);
  });

  test("stay with the linked entry, before or after", async () => {
    const file = transcript(
      lines(HEADER, '{"id":"x"}', '{"id":"x","parentId":null}', '{"id":"x"}', '{"id":"y"}'),
    );
    expect(await migrate(file)).toMatchObject({ reidentified: 2 });
    const entries = shown(file);
    expect(entries.map((entry) => entry.originalId)).toEqual(["x", undefined, "x", undefined]);
    expect(entries[3]?.id).toBe("y");
    expect(walk(entries, "y")).toEqual(["y", entries[2]?.id, "x"]);
  });

  test("that an entry above names as its parent make no circle", async () => {
    const files = [
      ['{"id":"l","parentId":"x"}', '{"id":"x"}', "{}"],
      ['{"id":"l","parentId":"z"}', '{"id":"e"}', '{"id":"z","parentId":"e"}', "{}"],
      ['{"id":"l","parentId":null}', '{"id":"e"}', '{"id":"l","parentId":"e"}', '{"id":"f"}'],
      [
        '{"id":"b","parentId":"z","batch":{"index":0,"size":2}}',
        '{"id":"e"}',
        '{"id":"z","parentId":"e"}',
      ],
    ];
    for (const entries of files) {
      const file = transcript(lines(HEADER, ...entries));
      expect((await migrate(file)).reidentified).toBe(1);
      for (const { id } of entriesIn(file)) walk(entriesIn(file), id);
    }
  });

  test("that are made meet none that is in the file", async () => {
    const file = transcript(lines(HEADER, "{}", '{"id":"a"}', '{"id":"b","parentId":"a"}'));
    const made = ["a", "b", "c"];
    await migrateFile(fs, file, OPTIONS, { generateId: () => made.shift() ?? expect.fail() });
    expect(entriesIn(file).map((entry) => entry.id)).toEqual(["c", "a", "b"]);
  });
});
