import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { CORPUS } from "../support/hostile/corpus.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { expectedFacts } from "../support/scan/facts-oracle.js";
import { modelRecords } from "../support/scan/records-model.js";
import { tempDirectory } from "../support/temp-directory.js";

// What an append makes of a transcript whose last line is hostile: it names the right parent, and
// every byte that was there is still there.

const DEEP = 100_000;
const MB = 1_000_000;

const LARGE: Record<string, string> = {
  "10 MB of [": "[".repeat(10 * MB),
  "10 MB of {": "{".repeat(10 * MB),
  "10 MB of quotes": '"'.repeat(10 * MB),
  "10 MB of backslashes in a string": `{"id":"x","parentId":null,"t":"${"\\".repeat(10 * MB)}`,
  "10 MB of NUL": "\0".repeat(10 * MB),
  "100,000 levels of objects": `${'{"id":"z","x":'.repeat(DEEP)}1${"}".repeat(DEEP)}`,
  "a linked entry with 100,000 levels": `{"x":${"[".repeat(DEEP)}${"]".repeat(DEEP)},"id":"deep","parentId":"a"}`,
  "a linked entry with 100,000 levels that never close": `{"id":"deep","parentId":"a","x":${"[".repeat(DEEP)}}`,
  "a linked entry of 300,000 members": `{${'"id":"k",'.repeat(300_000)}"id":"many","parentId":"a"}`,
  "a key of 5 MB": `{"${"k".repeat(5 * MB)}":1,"id":"key","parentId":"a"}`,
  "an array of a million numbers": `{"x":[${"12345678901234567890,".repeat(MB)}0],"id":"digits","parentId":"a"}`,
};

const LINES: readonly (readonly [string, Buffer])[] = [
  ...Object.entries(LARGE).map(([name, text]) => [name, Buffer.from(text)] as const),
  ...CORPUS.map((line) => [JSON.stringify(line.toString("latin1").slice(0, 60)), line] as const),
];

test.for(LINES)("behind %s", async ([, line]) => {
  // Whole linked records of a line that is no JSON count.
  const facts = modelRecords(line, 0).findLast(({ facts: { kind } }) => kind === "linked")?.facts;
  const expected = expectedLeaf(facts ?? expectedFacts(line));
  for (const ending of ["\n", ""]) {
    const file = join(await tempDirectory(), "a.jsonl");
    const before = Buffer.concat([
      Buffer.from(HEADER_LINE + linkedLine("a1", null) + linkedLine("a", "a1")),
      line,
      Buffer.from(ending),
    ]);
    await writeFile(file, before);
    // Linear entries are passed over, for to migrate them is to rewrite the file.
    await using transcript = await openTranscript(file, { linear: "raw" });
    expect(await transcript.leaf()).toMatchObject({ id: expected, shape: "linked" });
    const result = await transcript.append({ type: "new" });
    expect(result.parentId).toBe(expected);
    const after = await readFile(file);
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    const [own] = await transcript.tail(1);
    expect(own?.entry?.id).toBe(result.id);
  }
});

function expectedLeaf({ kind, type, id, targetId }: ReturnType<typeof expectedFacts>) {
  if (kind !== "linked") return "a";
  if (type !== "leaf" || targetId === undefined) return id;
  // Of the corpus' controls one names the entry `a1`, which is there, and one no entry at all.
  return targetId;
}
