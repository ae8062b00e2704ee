import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import {
  followTranscript,
  migrateTranscript,
  openTranscript,
  readBranch,
  readEntries,
  readEntry,
  readHeader,
  readLeaf,
  readPage,
  readTail,
  repairTranscript,
  snapshotTranscript,
  type TranscriptPath,
  verifyTranscript,
} from "../../src/index.js";
import { mirrorMessages } from "../../src/mirror/index.js";
import { directoryHost } from "../../src/sdk/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Every function that takes the path of a transcript. */
const CALLS: Record<string, (file: TranscriptPath) => Promise<unknown>> = {
  openTranscript: async (file) => {
    await using transcript = await openTranscript(file);
    return transcript.leaf();
  },
  readLeaf: (file) => readLeaf(file),
  readHeader: (file) => readHeader(file),
  readEntries: (file) => all(readEntries(file)),
  readTail: (file) => readTail(file, 2),
  readEntry: (file) => readEntry(file, "a"),
  readBranch: (file) => all(readBranch(file)),
  readPage: (file) => readPage(file),
  followTranscript: async (file) => {
    for await (const entry of followTranscript(file, { from: "start" })) return entry;
    return undefined;
  },
  snapshotTranscript: async (file) => all((await snapshotTranscript(file)).stream),
  verifyTranscript: (file) => verifyTranscript(file),
  repairTranscript: (file) => repairTranscript(file, { dryRun: true }),
  migrateTranscript: (file) => migrateTranscript(file),
};

async function newFile(): Promise<string> {
  // What a URL writes otherwise than a path does.
  const file = join(await tempDirectory(), "a b%20#ü?.jsonl");
  writeFileSync(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  return file;
}

test.each(Object.entries(CALLS))("%s: a file: URL is as good as a path", async (_, call) => {
  const file = await newFile();
  const before = readFileSync(file);
  const byPath = await call(file);
  expect(await call(pathToFileURL(file))).toEqual(byPath);
  expect(readFileSync(file)).toEqual(before);
});

test.each(Object.entries(CALLS))("%s: other URLs are refused", async (_, call) => {
  await expect((async () => call(new URL("https://example.org/a.jsonl")))()).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining("`file` must be a path, or a file: URL"),
  });
});

test("the root of a host may be one", async () => {
  const root = await tempDirectory();
  const host = directoryHost({ root: pathToFileURL(root), rights: ["append"] });
  const grant = await host.resolve({ agentId: "main", sessionId: "s" });
  expect(grant).toMatchObject({ file: join(root, "main", "s.jsonl") });
});

test("what is mirrored to a file: URL is in the file of that path", async () => {
  const file = join(await tempDirectory(), "new one.jsonl");
  const options = { scope: "mail", messages: [{ role: "user", content: "Hello" }] };
  expect(await mirrorMessages(pathToFileURL(file), options)).toMatchObject({ appended: 1 });
  expect(await mirrorMessages(file, options)).toMatchObject({ appended: 0 });
  await expect(mirrorMessages(new URL("data:,x"), options)).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining("`target` must be"),
  });
});
