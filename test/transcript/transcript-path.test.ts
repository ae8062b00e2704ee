import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { mirrorMessages } from "../../src/mirror/index.js";
import { directoryHost } from "../../src/sdk/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { PATH_CALLS } from "../support/path-calls.js";
import { tempDirectory } from "../support/temp-directory.js";

async function newFile(): Promise<string> {
  // What a URL writes otherwise than a path does.
  const file = join(await tempDirectory(), "a b%20#ü?.jsonl");
  writeFileSync(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  return file;
}

test.each(Object.entries(PATH_CALLS))("%s: a file: URL is as good as a path", async (_, call) => {
  const file = await newFile();
  const before = readFileSync(file);
  const byPath = await call(file);
  expect(await call(pathToFileURL(file))).toEqual(byPath);
  expect(readFileSync(file)).toEqual(before);
});

test.each(Object.entries(PATH_CALLS))("%s: other URLs are refused", async (_, call) => {
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
