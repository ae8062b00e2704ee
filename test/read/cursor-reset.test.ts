import { rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openTranscript, type Page, type Transcript } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const ids = ["a", "b", "c", "d", "e", "f"];
const CONTENT = HEADER_LINE + ids.map((id) => linkedLine(id, null)).join("");

const idsOf = ({ entries }: Page) => entries.map(({ entry }) => entry?.id);

let file: string;
let transcript: Transcript;
let cursor: string;

beforeEach(async (context) => {
  file = join(await tempDirectory(context), "t.jsonl");
  await writeFile(file, CONTENT);
  transcript = await openTranscript(file);
  const page = await transcript.page({ limit: 3 });
  expect(idsOf(page)).toEqual(["a", "b", "c"]);
  cursor = page.cursor;
});

describe("a cursor", () => {
  it("stays good while others append, and in another process", async () => {
    await transcript.append({ type: "later", id: "g" });
    const page = await (await openTranscript(file)).page({ cursor });
    expect(page.reset).toBeUndefined();
    expect(idsOf(page)).toEqual(["d", "e", "f", "g"]);
  });

  it("is reset when a rename puts another file in its place, even one with the same bytes", async () => {
    await writeFile(`${file}.new`, CONTENT);
    await rename(`${file}.new`, file);
    const page = await transcript.page({ cursor, limit: 1 });
    expect(page).toMatchObject({ reset: { reason: "replaced" } });
    expect(idsOf(page)).toEqual(["a"]);
    const back = await transcript.page({ cursor, limit: 1, direction: "backward" });
    expect(back).toMatchObject({ reset: { reason: "replaced" } });
    expect(idsOf(back)).toEqual(["f"]);
  });

  it("is reset when the file is cut, and when it has grown again beyond the cursor", async () => {
    await truncate(file, HEADER_LINE.length);
    expect(await transcript.page({ cursor })).toMatchObject({
      entries: [],
      reset: { reason: "truncated" },
    });
    const other = ["u", "v", "w", "x", "y", "z"].map((id) => linkedLine(id, null)).join("");
    await writeFile(file, HEADER_LINE + other, { flag: "r+" });
    const page = await transcript.page({ cursor, limit: 1 });
    expect(page).toMatchObject({ reset: { reason: "rewritten" } });
    expect(idsOf(page)).toEqual(["u"]);
  });

  it("is reset when the bytes before it are others of the same number", async () => {
    await writeFile(file, CONTENT.replace('"id":"b"', '"id":"x"'), { flag: "r+" });
    const page = await transcript.page({ cursor, limit: 2 });
    expect(page).toMatchObject({ reset: { reason: "rewritten" } });
    expect(idsOf(page)).toEqual(["a", "x"]);
    await writeFile(file, CONTENT.replace("session-1", "session-2"), { flag: "r+" });
    expect(await transcript.page({ cursor })).toMatchObject({ reset: { reason: "rewritten" } });
    // What stands behind it is none of its business.
    await writeFile(file, CONTENT.replace('"id":"e"', '"id":"x"'), { flag: "r+" });
    expect(idsOf(await transcript.page({ cursor }))).toEqual(["d", "x", "f"]);
  });

  it("is reset when far before it the header is another", async () => {
    const long = (header: string) => header + linkedLine("a", null, { text: "x".repeat(9000) });
    await writeFile(file, long(HEADER_LINE));
    const { after } = await transcript.page();
    await writeFile(file, long(HEADER_LINE.replace("session-1", "session-2")), { flag: "r+" });
    expect(await transcript.page({ cursor: after })).toMatchObject({
      reset: { reason: "rewritten" },
    });
  });

  it("is reset when the file is gone, and when it has been made again", async () => {
    await rm(file);
    const none = await transcript.page({ cursor });
    expect(none).toMatchObject({ entries: [], hasMore: false, reset: { reason: "truncated" } });
    await transcript.append({ type: "first", id: "new" });
    const page = await transcript.page({ cursor });
    expect(page).toMatchObject({ reset: { reason: "replaced" } });
    expect(idsOf(page)).toEqual(["new"]);
    // That of the page of no file stood before everything.
    const first = await transcript.page({ cursor: none.cursor });
    expect(first.reset).toBeUndefined();
    expect(idsOf(first)).toEqual(["new"]);
  });

  it("is reset when it is none", async () => {
    const bad = ["", "x", "bnVsbA", Buffer.from('[1,-1,"",""]').toString("base64url"), "é"];
    for (const text of [...bad, cursor.slice(0, -4)]) {
      const page = await transcript.page({ cursor: text, limit: 1 });
      expect(page, text).toMatchObject({ reset: { reason: "invalid-cursor" } });
      expect(idsOf(page)).toEqual(["a"]);
    }
  });

  it("behind a last line without its newline goes on behind that line", async () => {
    await writeFile(file, CONTENT.slice(0, -1));
    const page = await transcript.page();
    expect(idsOf(page)).toEqual(ids);
    expect(await transcript.page({ cursor: page.cursor })).toMatchObject({ entries: [] });
    await transcript.append({ type: "later", id: "g" });
    const next = await transcript.page({ cursor: page.cursor });
    expect(next.reset).toBeUndefined();
    expect(idsOf(next)).toEqual(["g"]);
    // Another program may have fused its line with it.
    await writeFile(file, `${CONTENT.slice(0, -1)}{"id":"half"}\n${linkedLine("h", null)}`);
    expect(idsOf(await transcript.page({ cursor: page.cursor }))).toEqual(["h"]);
    const back = await transcript.page({ cursor: page.cursor, direction: "backward", limit: 1 });
    expect(idsOf(back)).toEqual(["e"]);
  });
});
