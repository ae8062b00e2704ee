import {
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type FileSystem,
  openTranscript,
  repairTranscript,
  type TranscriptOptions,
} from "../../src/index.js";
import {
  failingFileSystem,
  interceptedFileSystem,
  systemError,
} from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function fileWith(content: string | Buffer): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, content);
  return file;
}

async function appendTo(file: string, options: TranscriptOptions = {}) {
  await using transcript = await openTranscript(file, options);
  return await transcript.append({ type: "new" });
}

/** Nothing but the transcript is left in its directory. */
async function expectClean(file: string): Promise<void> {
  expect(await readdir(join(file, ".."))).toEqual(["a.jsonl"]);
}

describe("a path that is none", () => {
  test("a directory in place of the file", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await mkdir(file);
    await expect(appendTo(file)).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_UNREADABLE",
      file,
      cause: { code: "EISDIR" },
    });
    await expectClean(file);
  });

  test("a file in place of a directory", async () => {
    const file = await fileWith("x");
    await expect(appendTo(join(file, "b.jsonl"))).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_FAILED",
      cause: { code: "ENOTDIR" },
    });
  });

  test.each([[""], ["a\0b"], [undefined], [7]])("%j", async (file) => {
    await expect(openTranscript(file as string)).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
    });
  });
});

describe("a disk that refuses", () => {
  test.each([
    ["EACCES"],
    ["EROFS"],
  ])("%s on the lock: at once, not after a timeout", async (code) => {
    const file = await fileWith(HEADER_LINE);
    const fileSystem = failingFileSystem(
      code,
      ({ name, path }) => name === "open" && path === `${file}.lock`,
    );
    await expect(appendTo(file, { fileSystem })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_FAILED",
      file,
      cause: { code },
    });
    await expectClean(file);
  });

  test.each([["EACCES"], ["EROFS"], ["EMFILE"]])("%s on opening the file", async (code) => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    const fileSystem = failingFileSystem(
      code,
      ({ name, path }) => name === "open" && path === file,
    );
    await expect(appendTo(file, { fileSystem })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cause: { code },
      cutBack: true,
    });
    await expectClean(file);
  });

  test("stat fails with EACCES: the parent is never guessed", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    let armed = false;
    const fileSystem = failingFileSystem(
      "EACCES",
      (call) => armed && call.name === "stat" && call.path === file,
    );
    await using transcript = await openTranscript(file, { fileSystem });
    const { id } = await transcript.append({ type: "b" });
    const content = await readFile(file, "utf8");
    armed = true;
    await expect(transcript.append({ type: "c" })).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_UNREADABLE",
      cause: { code: "EACCES" },
    });
    expect(await readFile(file, "utf8")).toBe(content);
    armed = false;
    expect(await transcript.append({ type: "d" })).toMatchObject({ parentId: id });
  });

  test.each([
    ["file.stat", "EIO"],
    ["file.read", "EIO"],
  ])("%s fails with %s: the parent is never guessed", async (name, code) => {
    const content = HEADER_LINE + linkedLine("a", null);
    const file = await fileWith(content);
    const fileSystem = failingFileSystem(code, (call) => call.name === name && call.path === file);
    await expect(appendTo(file, { fileSystem })).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_UNREADABLE",
      cause: { code },
    });
    expect(await readFile(file, "utf8")).toBe(content);
    await expectClean(file);
  });

  test("EMFILE passes: the next append works", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    // The file is opened while the lock is being made, and once more with it.
    let failures = 2;
    const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
      if (name === "open" && path === file && failures-- > 0) throw systemError("EMFILE");
      return run();
    });
    await using transcript = await openTranscript(file, { fileSystem });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      cause: { code: "EMFILE" },
    });
    expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
  });
});

describe("a failed write leaves no trace", () => {
  /** Writes `bytes` of the first group commit, then fails as `fail` says. */
  function tearing(file: string, bytes: number, fail: "ENOSPC" | "EFBIG" | "EIO"): FileSystem {
    let armed = true;
    return interceptedFileSystem(async (call, run) => {
      if (call.name !== "file.write" || call.path !== file || !armed) return run();
      armed = false;
      const handle = await open(file, "a");
      await handle.write((call.args[0] as Buffer).subarray(0, bytes));
      await handle.close();
      throw systemError(fail);
    });
  }

  test.each([["ENOSPC"], ["EFBIG"], ["EIO"]] as const)("%s", async (fail) => {
    const content = HEADER_LINE + linkedLine("a", null);
    const file = await fileWith(content);
    await using transcript = await openTranscript(file, { fileSystem: tearing(file, 20, fail) });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cutBack: true,
      cause: { code: fail },
    });
    expect(await readFile(file, "utf8")).toBe(content);
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "a" });
    await readChain(file);
  });

  test("not even the header of a new transcript", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file, {
      fileSystem: tearing(file, 20, "ENOSPC"),
    });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({ cutBack: true });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: null });
    await readChain(file);
  });

  test("another program wrote behind our bytes: they stay, and are closed off", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    let armed = true;
    const fileSystem = interceptedFileSystem(async (call, run) => {
      if (call.name !== "file.write" || call.path !== file || !armed) return run();
      armed = false;
      await writeFile(file, (call.args[0] as Buffer).subarray(0, 20), { flag: "a" });
      await writeFile(file, `\n${linkedLine("foreign", "a")}`, { flag: "a" });
      throw systemError("ENOSPC");
    });
    await using transcript = await openTranscript(file, { fileSystem });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({ cutBack: false });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "foreign" });
  });

  test("the cut fails too: the next append closes the torn tail", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    const torn = tearing(file, 20, "ENOSPC");
    const fileSystem = interceptedFileSystem(async ({ name }, run) => {
      if (name === "file.truncate") throw systemError("EIO");
      return run();
    }, torn);
    await using transcript = await openTranscript(file, { fileSystem });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      cutBack: false,
      cause: { code: "ENOSPC" },
    });
    expect(await transcript.append({ type: "c" })).toMatchObject({
      parentId: "a",
      tornTail: { length: 20, kept: "malformed" },
    });
  });

  test("the cut of half a header fails too: the error says what to do, and repair does it", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    const torn = tearing(file, 20, "ENOSPC");
    const fileSystem = interceptedFileSystem(async ({ name }, run) => {
      if (name === "file.truncate") throw systemError("EIO");
      return run();
    }, torn);
    await using transcript = await openTranscript(file, { fileSystem });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      cutBack: false,
      message: expect.stringContaining("repair the transcript"),
    });
    await expect(transcript.append({ type: "c" })).rejects.toMatchObject({
      code: "LEAFLOG_BAD_HEADER",
    });
    await repairTranscript(file, { dryRun: false });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: null });
    await readChain(file);
  });

  test("all calls of the group learn of it, and the next group works", async () => {
    const file = await fileWith(HEADER_LINE);
    await using transcript = await openTranscript(file, { fileSystem: tearing(file, 5, "ENOSPC") });
    const results = await Promise.allSettled([1, 2, 3].map(() => transcript.append({ type: "b" })));
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    await Promise.all([1, 2, 3].map(() => transcript.append({ type: "b" })));
    expect(await readChain(file)).toHaveLength(3);
  });
});

describe("a failed sync", () => {
  test("poisons the handle until the transcript is reopened", async () => {
    const file = await fileWith(HEADER_LINE);
    let failures = 1;
    const fileSystem = interceptedFileSystem(async ({ name }, run) => {
      if (name === "file.datasync" && failures-- > 0) throw systemError("EIO");
      return run();
    });
    const options = { fileSystem, durability: "synced" } as const;
    const first = await openTranscript(file, options);
    const waiting = [first.append({ type: "a" })];
    const failed = await Promise.allSettled(waiting);
    expect(failed[0]).toMatchObject({
      reason: { code: "LEAFLOG_POISONED", cause: { code: "EIO" } },
    });
    await expect(first.append({ type: "b" })).rejects.toMatchObject({ code: "LEAFLOG_POISONED" });
    await expect(first.flush({ sync: true })).rejects.toMatchObject({ code: "LEAFLOG_POISONED" });
    await using second = await openTranscript(file, options);
    await second.append({ type: "c" });
    await first.close();
    await second.append({ type: "d" });
    await readChain(file);
  });
});

describe("the file changes between two appends", () => {
  test("deleted: made anew with the same session id", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    await using transcript = await openTranscript(file, {
      lock: { idleMs: 1000, maxHoldMs: 5000 },
    });
    expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
    await rm(file);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await transcript.append({ type: "c" });
    expect(again).toMatchObject({ parentId: null, recreated: true });
    expect(await transcript.header()).toMatchObject({ id: "session-1" });
    expect(await readChain(file)).toHaveLength(1);
    expect((await transcript.append({ type: "d" })).recreated).toBeUndefined();
  });

  test("replaced: linked to the leaf of the new file", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    await using transcript = await openTranscript(file, {
      lock: { idleMs: 1000, maxHoldMs: 5000 },
    });
    await transcript.append({ type: "b" });
    await rm(file);
    await writeFile(file, HEADER_LINE + linkedLine("other", null));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "other" });
    await readChain(file);
  });

  test("truncated, and truncated and grown beyond its old size", async () => {
    const start = HEADER_LINE + linkedLine("a", null);
    const file = await fileWith(start);
    await using transcript = await openTranscript(file, {
      lock: { idleMs: 1000, maxHoldMs: 5000 },
    });
    await transcript.append({ type: "b" });
    await truncate(file, start.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "a" });
    await truncate(file, start.length);
    await writeFile(file, linkedLine("x", "a", { text: "x".repeat(500) }), { flag: "a" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await transcript.append({ type: "d" })).toMatchObject({ parentId: "x" });
    await readChain(file);
  });

  test("overwritten in place with other lines of the same length", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "b", id: "bbbb" });
    const text = await readFile(file, "utf8");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(file, text.replaceAll("bbbb", "zzzz"));
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "zzzz" });
  });
});

describe("headers", () => {
  test.each([
    ["cut", '{"type":"session","id":"x'],
    ["no JSON", "hello\n"],
    ["an entry", linkedLine("a", null)],
    ["without id", '{"type":"session"}\n'],
    ["NUL bytes", "\0".repeat(100)],
  ])("damaged (%s): nothing is written unless the caller allows it", async (_, content) => {
    const file = await fileWith(content);
    await expect(appendTo(file)).rejects.toMatchObject({ code: "LEAFLOG_BAD_HEADER", file });
    expect(await readFile(file, "utf8")).toBe(content);
    await expectClean(file);
    await appendTo(file, { header: "optional" });
    expect((await readFile(file, "utf8")).startsWith(content)).toBe(true);
  });

  test("300 KB long", async () => {
    const header = `${JSON.stringify({ type: "session", cwd: "c".repeat(300_000), id: "big" })}\n`;
    const file = await fileWith(header + linkedLine("a", null));
    expect(await appendTo(file)).toMatchObject({ parentId: "a" });
    await using transcript = await openTranscript(file);
    expect(await transcript.header()).toMatchObject({ id: "big" });
  });

  test.each([[""], ["\n\n"], ["  \n"], ["   "]])("an empty file (%j) gets one", async (content) => {
    const file = await fileWith(content);
    expect(await appendTo(file)).toMatchObject({ parentId: null });
    const text = await readFile(file, "utf8");
    expect(text.startsWith(content)).toBe(true);
    expect(text.slice(content.length).trim().split("\n")).toHaveLength(2);
    await using transcript = await openTranscript(file);
    expect(await transcript.header()).toMatchObject({ version: 3 });
    expect(await transcript.append({ type: "x" })).not.toMatchObject({ parentId: null });
  });

  test("a header without newline is closed off and counts", async () => {
    const file = await fileWith(HEADER_LINE.trimEnd());
    expect(await appendTo(file)).toMatchObject({ parentId: null, tornTail: { kept: "entry" } });
    await readChain(file);
  });
});

describe("torn tails", () => {
  const start = HEADER_LINE + linkedLine("a", null);
  const cut = linkedLine("b", "a", { text: "héllo" });
  test.each([
    ["complete JSON", linkedLine("b", "a").trimEnd(), "entry", "b"],
    ["complete JSON with CR", `${linkedLine("b", "a").trimEnd()}\r`, "entry", "b"],
    ["cut JSON", cut.slice(0, 20), "malformed", "a"],
    [
      "cut inside a character",
      Buffer.from(cut).subarray(0, Buffer.from(cut).indexOf(0xa9)),
      "malformed",
      "a",
    ],
    ["a run of NUL", "\0".repeat(284), "malformed", "a"],
    [
      "two objects on one line",
      '{"id":"x","parentId":"a"}{"id":"y","parentId":"x"}',
      "malformed",
      "y",
    ],
    ["white space", "  ", "malformed", "a"],
  ])("%s", async (_, tail, kept, parentId) => {
    const file = await fileWith(Buffer.concat([Buffer.from(start), Buffer.from(tail)]));
    const before = await readFile(file);
    await using transcript = await openTranscript(file);
    expect(await transcript.leaf()).toEqual({ id: parentId, shape: "linked" });
    expect(await readFile(file)).toEqual(before);
    const result = await transcript.append({ type: "new" });
    expect(result).toMatchObject({
      parentId,
      tornTail: { offset: start.length, length: Buffer.byteLength(tail), kept },
    });
    const after = await readFile(file);
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(after[before.length]).toBe(0x0a);
    expect(await transcript.append({ type: "next" })).not.toHaveProperty("tornTail");
    expect((await transcript.tail(2)).map(({ entry }) => entry?.type)).toEqual(["new", "next"]);
  });

  test("a line that another program is still writing is waited for", async () => {
    const file = await fileWith(start);
    const line = linkedLine("slow", "a", { text: "x".repeat(1000) });
    await writeFile(file, line.slice(0, 500), { flag: "a" });
    const finished = new Promise<void>((resolve, reject) => {
      setTimeout(() => writeFile(file, line.slice(500), { flag: "a" }).then(resolve, reject), 10);
    });
    // Each look at the torn tail lasts longer than the other program's pause.
    expect(await appendTo(file)).toMatchObject({ parentId: "slow" });
    await finished;
    await readChain(file);
  });
});

describe("locks of others", () => {
  test("a fresh foreign lock: one deadline for all who wait", async () => {
    const file = await fileWith(HEADER_LINE);
    await mkdir(`${file}.lock`);
    await using transcript = await openTranscript(file, { lock: { timeoutMs: 300 } });
    const waiting = [1, 2, 3].map(() => transcript.append({ type: "x" }));
    for (const settled of await Promise.allSettled(waiting)) {
      expect(settled).toMatchObject({
        reason: {
          code: "LEAFLOG_LOCK_TIMEOUT",
          waitedMs: expect.any(Number),
          ageMs: expect.any(Number),
        },
      });
    }
    await rm(`${file}.lock`, { recursive: true });
    await transcript.append({ type: "y" });
    expect(await readChain(file)).toHaveLength(1);
  });

  test("a stale lock directory is taken over", async () => {
    const file = await fileWith(HEADER_LINE);
    await mkdir(`${file}.lock`);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(`${file}.lock`, longAgo, longAgo);
    expect(await appendTo(file)).toMatchObject({ parentId: null });
    await expectClean(file);
  });

  test("OpenClaw's lock is respected, however old, and its holder named in the error", async () => {
    const file = await fileWith(HEADER_LINE);
    await writeFile(
      `${file}.lock`,
      JSON.stringify({ pid: process.pid, createdAt: "2026-01-01T00:00:00Z" }),
    );
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(`${file}.lock`, longAgo, longAgo);
    await expect(appendTo(file, { lock: { timeoutMs: 300 } })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_TIMEOUT",
      owner: { pid: process.pid },
      message: expect.stringContaining("as long as that process lives"),
    });
    expect(await readFile(`${file}.lock`, "utf8")).toContain(`${process.pid}`);
  });

  test("a lock that is lost while a group is prepared: nothing is written", async () => {
    const content = HEADER_LINE + linkedLine("a", null);
    const file = await fileWith(content);
    let armed = true;
    const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
      const result = await run();
      if (name === "file.read" && path === file && armed) {
        armed = false;
        await rm(`${file}.lock`, { recursive: true });
        await mkdir(`${file}.lock`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return result;
    });
    await using transcript = await openTranscript(file, { fileSystem });
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_LOST",
    });
    expect(await readFile(file, "utf8")).toBe(content);
    expect((await stat(`${file}.lock`)).isDirectory()).toBe(true);
    await rm(`${file}.lock`, { recursive: true });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "a" });
  });
});

describe("stopped between the look at the lock and the write", () => {
  /** Stops for longer than the look counts, while another writer takes the lock over. */
  function stopping(file: string, meanwhile: () => Promise<void>): FileSystem {
    let armed = true;
    return interceptedFileSystem(async ({ name, path }, run) => {
      if (name === "file.write" && path === file && armed) {
        armed = false;
        await rm(`${file}.lock`, { recursive: true });
        await mkdir(`${file}.lock`);
        await meanwhile();
        await new Promise((resolve) => setTimeout(resolve, 1100));
      }
      return run();
    });
  }

  test("and the other appended: the slip is told, and the next append goes on behind", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    const append = () => writeFile(file, linkedLine("thief", "a"), { flag: "a" });
    await using transcript = await openTranscript(file, { fileSystem: stopping(file, append) });
    await expect(transcript.append({ type: "b", id: "slipped" })).rejects.toMatchObject({
      code: "LEAFLOG_LOCK_LOST",
      written: true,
    });
    expect((await stat(`${file}.lock`)).isDirectory()).toBe(true);
    await rm(`${file}.lock`, { recursive: true });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "slipped" });
  });

  test("and nobody appended: no harm was done", async () => {
    const file = await fileWith(HEADER_LINE + linkedLine("a", null));
    const nothing = () => Promise.resolve();
    await using transcript = await openTranscript(file, { fileSystem: stopping(file, nothing) });
    expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "a" });
    await rm(`${file}.lock`, { recursive: true });
    await transcript.append({ type: "c" });
    expect(await readChain(file)).toHaveLength(3);
  });
});

test("a last line of 32 MB is linked to", async () => {
  const file = await fileWith(HEADER_LINE + linkedLine("a", null));
  await writeFile(file, linkedLine("huge", "a", { text: "x".repeat(32 * 1024 * 1024) }), {
    flag: "a",
  });
  expect(await appendTo(file)).toMatchObject({ parentId: "huge" });
});

describe("linear transcripts", () => {
  const atMost = HEADER_LINE + linearLine() + linearLine();
  test.each([
    ["auto", atMost.length, "migrated"],
    ["auto", atMost.length - 1, "raw"],
    ["migrate", 0, "migrated"],
    ["raw", 1e6, "raw"],
  ] as const)("linear: %s with migrateMaxBytes %d: %s", async (linear, migrateMaxBytes, outcome) => {
    const file = await fileWith(atMost);
    await using transcript = await openTranscript(file, { linear, migrateMaxBytes });
    expect(await transcript.leaf()).toEqual({ id: null, shape: "linear" });
    const result = await transcript.append({ type: "new" });
    if (outcome === "migrated") {
      expect(result).toMatchObject({ linked: true, parentId: expect.any(String) });
      expect(await readChain(file)).toHaveLength(3);
    } else {
      expect(result).toMatchObject({ linked: false, parentId: undefined });
      expect((await readFile(file, "utf8")).startsWith(atMost)).toBe(true);
      const [last] = await transcript.tail(1);
      expect(last?.entry).not.toHaveProperty("parentId");
      expect(await transcript.append({ type: "more" })).toMatchObject({ linked: false });
    }
  });

  test("reject", async () => {
    const file = await fileWith(atMost);
    await expect(appendTo(file, { linear: "reject" })).rejects.toMatchObject({
      code: "LEAFLOG_LINEAR_TRANSCRIPT",
    });
    expect(await readFile(file, "utf8")).toBe(atMost);
  });

  test("linear entries behind a linked one: migrated when small, passed over when not", async () => {
    const mixed = HEADER_LINE + linkedLine("a", null) + linearLine({ id: "l1" }) + linearLine();
    const small = await fileWith(mixed);
    await appendTo(small);
    expect(await readChain(small)).toHaveLength(4);
    const large = await fileWith(mixed);
    expect(await appendTo(large, { migrateMaxBytes: 10 })).toMatchObject({
      parentId: "a",
      linked: true,
    });
    expect((await readFile(large, "utf8")).startsWith(mixed)).toBe(true);
  });
});
