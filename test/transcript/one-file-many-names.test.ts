import { mkdir, symlink } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { openTranscript } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

test("relative, symlinked file, symlinked directory: one queue and one lock", async () => {
  const root = await tempDirectory();
  const real = join(root, "real");
  await mkdir(real);
  await symlink(real, join(root, "alias"));
  await symlink(join(real, "a.jsonl"), join(root, "link.jsonl"));
  const file = join(real, "a.jsonl");
  const locks: string[] = [];
  const fileSystem = interceptedFileSystem(async (call, run) => {
    if (call.args[1] === "create" && call.path.endsWith(".lock")) locks.push(call.path);
    return run();
  }, nodeFileSystem);
  const names = [
    file,
    relative(process.cwd(), file),
    join(root, "alias", "a.jsonl"),
    join(root, "link.jsonl"),
    join(real, "..", "real", ".", "a.jsonl"),
  ];
  const handles = await Promise.all(names.map((name) => openTranscript(name, { fileSystem })));
  expect(handles.map((handle) => handle.file)).toEqual(names.map(() => file));
  await Promise.all(
    Array.from({ length: 50 }, (_, n) => handles[n % handles.length]?.append({ type: "n", n })),
  );
  expect((await readChain(file)).map(({ n }) => n)).toEqual([...Array(50).keys()]);
  expect(new Set(locks)).toEqual(new Set([`${file}.lock`]));
  await Promise.all(handles.map((handle) => handle.close()));
});

test("a dangling symlink names the file that it will be", async () => {
  const root = await tempDirectory();
  await symlink(join(root, "later", "a.jsonl"), join(root, "link.jsonl"));
  await using transcript = await openTranscript(join(root, "link.jsonl"));
  await transcript.append({ type: "a" });
  expect(await readChain(join(root, "later", "a.jsonl"))).toHaveLength(1);
});

test("symlinks that go round in a circle are refused", async () => {
  const root = await tempDirectory();
  await symlink(join(root, "b"), join(root, "a"));
  await symlink(join(root, "a"), join(root, "b"));
  await expect(openTranscript(join(root, "a"))).rejects.toMatchObject({
    code: "LEAFLOG_READ_FAILED",
    cause: { code: "ELOOP" },
  });
});

test.each([["with space ünï 🌱.jsonl"], [`${"n".repeat(235)}.jsonl`]])("%s", async (name) => {
  const file = join(await tempDirectory(), name);
  await using transcript = await openTranscript(file);
  await transcript.append({ type: "a" });
  expect(basename(transcript.file)).toBe(name);
  expect(await readChain(file)).toHaveLength(1);
});
