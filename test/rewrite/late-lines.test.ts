import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { migrateTranscript, openTranscript, repairTranscript } from "../../src/index.js";
import { FaultPort } from "../support/fault-port.js";
import { failing } from "../support/fault-strikes.js";
import { HEADER_LINE, linearLine, linkedLine, readChain, readLines } from "../support/lines.js";
import { openFilesBelow } from "../support/open-handles.js";
import { tempDirectory } from "../support/temp-directory.js";

const LINEAR = HEADER_LINE + linearLine({ id: "a" }) + linearLine({ id: "b" });

/** As on a system that does not tell who has a file open. */
const silent: FileSystem = { ...nodeFileSystem, writersOf: async () => undefined };

async function transcript(content = LINEAR): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  return file;
}

/** A descriptor by which a program goes on writing to what the file is now. */
function opened(file: string): number {
  const fd = openSync(file, "a");
  onTestFinished(() => closeSync(fd));
  return fd;
}

const idsIn = async (file: string) => (await readLines(file)).slice(1).map(({ id }) => id);

describe("an append to a file that another process has open", () => {
  test("does not rewrite it, and says so", async () => {
    const file = await transcript();
    const fd = opened(file);
    await using linear = await openTranscript(file);
    const raw = await linear.append({ type: "message", id: "c" });
    const notMigrated = { reason: "open", pids: [process.pid] };
    expect(raw).toMatchObject({ linked: false, parentId: undefined, notMigrated });
    writeSync(fd, linearLine({ id: "d" }));
    const mixed = LINEAR + linkedLine("x", null) + linearLine({ id: "y" });
    expect(readFileSync(file, "utf8").startsWith(LINEAR)).toBe(true);

    const other = await transcript(mixed);
    opened(other);
    await using linked = await openTranscript(other, { linear: "migrate" });
    expect(await linked.append({ type: "message" })).toMatchObject({
      linked: true,
      parentId: "x",
      notMigrated,
    });
    expect(await linked.append({ type: "message" })).not.toHaveProperty("notMigrated");
    expect(readFileSync(other, "utf8").startsWith(mixed)).toBe(true);
  });

  test("that has it open to read alone migrates", async () => {
    const file = await transcript();
    const fd = openSync(file, "r");
    onTestFinished(() => closeSync(fd));
    await using linear = await openTranscript(file);
    expect(await linear.append({ type: "message", id: "c" })).not.toHaveProperty("notMigrated");
    expect(await readChain(file)).toHaveLength(3);
  });

  test("of a system that fails to tell migrates", async () => {
    const file = await transcript();
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      writersOf: () => Promise.reject(new Error("no /proc")),
    };
    await using linear = await openTranscript(file, { fileSystem });
    expect(await linear.append({ type: "message", id: "c" })).toMatchObject({ linked: true });
  });
});

test("an append links to the last linked entry where linear ones never end", async () => {
  const file = await transcript();
  let foreign = 0;
  const fileSystem: FileSystem = {
    ...silent,
    rename: async (from, to) => {
      await nodeFileSystem.rename(from, to);
      foreign += 1;
      // A program that opens the file for each of its lines.
      appendFileSync(file, linearLine({ id: `foreign-${foreign}` }));
    },
  };
  await using linear = await openTranscript(file, { fileSystem });
  const result = await linear.append({ type: "message", id: "c" });
  expect(result).toMatchObject({ linked: true, notMigrated: { reason: "busy" } });
  expect(result.parentId).toBe(`foreign-${foreign - 1}`);
  expect((await idsIn(file)).slice(-2)).toEqual([`foreign-${foreign}`, "c"]);
});

test("an append links where others change what stands in the file all the time", async () => {
  const file = await transcript(LINEAR + linkedLine("x", null) + linearLine({ id: "y" }));
  let changes = 0;
  const fileSystem: FileSystem = {
    ...silent,
    open: async (path, how, mode) => {
      if (how === "create" && path.endsWith("tmp")) {
        changes += 1;
        writeFileSync(file, readFileSync(file, "utf8").replace(/session-\d/, `session-${changes}`));
      }
      return nodeFileSystem.open(path, how, mode);
    },
  };
  await using linear = await openTranscript(file, { fileSystem });
  expect(await linear.append({ type: "message" })).toMatchObject({
    linked: true,
    parentId: "x",
    notMigrated: { reason: "busy" },
  });
});

describe("a late line", () => {
  test("is carried over at the next look, before what is appended", async () => {
    const file = await transcript();
    const fd = opened(file);
    await using linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    writeSync(fd, linkedLine("late", "b"));
    expect(await linear.append({ type: "message", id: "d" })).toMatchObject({ parentId: "late" });
    expect(await idsIn(file)).toEqual(["a", "b", "c", "late", "d"]);
    writeSync(fd, linkedLine("later", "late"));
    await linear.transaction(async (tx) => {
      expect(await tx.leaf()).toMatchObject({ id: "later" });
      tx.append({ type: "message", id: "e" });
    });
    expect((await idsIn(file)).slice(-2)).toEqual(["later", "e"]);
  });

  test("is carried over when the transcript is closed, and nothing stays open", async () => {
    const file = await transcript();
    const fd = openSync(file, "a");
    const linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    writeSync(fd, linearLine({ id: "late-1" }) + linearLine({ id: "late-2" }));
    await linear.close();
    expect(await idsIn(file)).toEqual(["a", "b", "c", "late-1", "late-2"]);
    closeSync(fd);
    const open = await openFilesBelow(join(file, ".."));
    expect(open ?? []).toEqual([]);
  });

  test("is waited for by who opens the transcript while it is being closed", async () => {
    const file = await transcript();
    const fd = opened(file);
    const first = await openTranscript(file, { fileSystem: silent });
    await first.append({ type: "message", id: "c" });
    let goOn = (): void => undefined;
    const isStuck = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const stuck = first.transaction(() => isStuck);
    await wait(20);
    const other = await openTranscript(file, { fileSystem: silent });
    const closing = Promise.all([first.close(), other.close()]);
    await using second = await openTranscript(file, { fileSystem: silent });
    goOn();
    await Promise.all([stuck, closing]);
    writeSync(fd, linkedLine("late", "c"));
    expect(await second.append({ type: "message", id: "d" })).toMatchObject({ parentId: "late" });
  });

  test("that is torn waits until it is whole", async () => {
    const file = await transcript();
    const fd = opened(file);
    await using linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    const line = linkedLine("late", "c");
    writeSync(fd, line.slice(0, 9));
    await linear.append({ type: "message", id: "d" });
    writeSync(fd, line.slice(9));
    await linear.append({ type: "message", id: "e" });
    expect(await idsIn(file)).toEqual(["a", "b", "c", "d", "late", "e"]);
  });

  test.each([
    ["an entry", linkedLine("late", "c").trimEnd(), "late"],
    ["malformed", '{"type":"message","id":"la', "c"],
  ])("that stays torn is ended when the transcript is closed: %s", async (_, torn, leaf) => {
    const file = await transcript();
    const fd = opened(file);
    const linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    writeSync(fd, torn);
    await linear.close();
    expect(readFileSync(file, "utf8").endsWith(`\n${torn}\n`)).toBe(true);
    expect(await (await openTranscript(file)).leaf()).toMatchObject({ id: leaf });
  });

  test.each([
    ["that was cut when it was replaced is carried over as a whole", '{"type":"message","n":1}', 9],
    ["that lacked its newline alone is not carried over again", '{"type":"message","n":1}', 24],
  ])("%s", async (_, line, at) => {
    const file = await transcript(LINEAR + line.slice(0, at));
    const fd = opened(file);
    await using linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    writeSync(fd, `${line.slice(at)}\n`);
    await linear.append({ type: "message", id: "d" });
    const text = readFileSync(file, "utf8");
    expect(text.split('"n":1').length - 1).toBe(1);
    expect(text).not.toContain("\n\n");
  });

  test("longer than what is held at once is carried over", async () => {
    const file = await transcript();
    const fd = opened(file);
    await using linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    const text = "x".repeat(9 << 20);
    writeSync(fd, linkedLine("middle", "c", { text: "y".repeat(1 << 20) }));
    writeSync(fd, linkedLine("long", "middle", { text }));
    writeSync(fd, linkedLine("short", "long"));
    expect(await linear.append({ type: "message", id: "d" })).toMatchObject({ parentId: "short" });
    expect((await readLines(file)).at(-3)?.text).toBe(text);
  });

  test("of a transcript that was removed is gone with it", async () => {
    const file = await transcript();
    const fd = opened(file);
    await using linear = await openTranscript(file, { fileSystem: silent });
    await linear.append({ type: "message", id: "c" });
    await rm(file);
    writeSync(fd, linkedLine("late", "c"));
    expect(await linear.append({ type: "message", id: "d" })).toMatchObject({ recreated: true });
    expect(await idsIn(file)).toEqual(["d"]);
  });

  test("that cannot be written is carried over by the next look, once", async () => {
    const file = await transcript();
    const fd = opened(file);
    const port = new FaultPort(
      {
        strike: failing("ENOSPC"),
        nth: 1,
        once: false,
        matches: ({ name, path }) => isFull && name === "file.write" && path === file,
      },
      silent,
    );
    let isFull = false;
    await using linear = await openTranscript(file, { fileSystem: port.fileSystem });
    await linear.append({ type: "message", id: "c" });
    writeSync(fd, linkedLine("late-1", "c") + linkedLine("late-2", "late-1"));
    isFull = true;
    const before = readFileSync(file);
    await expect(linear.append({ type: "message", id: "d" })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cause: { code: "ENOSPC" },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
    isFull = false;
    await linear.append({ type: "message", id: "e" });
    expect(await idsIn(file)).toEqual(["a", "b", "c", "late-1", "late-2", "e"]);
  });

  test("is not written by who lost the lock", async () => {
    const file = await transcript();
    const fd = opened(file);
    const lock = { idleMs: 3000, timeoutMs: 300 };
    const linear = await openTranscript(file, { fileSystem: silent, lock });
    await linear.append({ type: "message", id: "c" });
    // Until the last look at the lock does not count any more.
    await wait(50);
    await rm(`${file}.lock`);
    writeFileSync(`${file}.lock`, "");
    writeSync(fd, linkedLine("late", "c"));
    const code = expect.stringMatching(/^LEAFLOG_LOCK_(LOST|TIMEOUT)$/);
    await expect(linear.append({ type: "message" })).rejects.toMatchObject({ code });
    await expect(linear.close()).rejects.toMatchObject({ code });
    expect(await idsIn(file)).toEqual(["a", "b", "c"]);
  });
});

describe("without an open transcript", () => {
  test.each([
    ["migrateTranscript", migrateTranscript, LINEAR],
    ["repairTranscript", repairTranscript, `${LINEAR}{"cut\n`],
  ])("%s watches until nobody has the file open", async (_, rewrite, content) => {
    const file = await transcript(content);
    const fd = openSync(file, "a");
    const { ino } = statSync(file);
    const rewriting = rewrite(file);
    while (statSync(file).ino === ino) await wait(5);
    writeSync(fd, linkedLine("late", "b"));
    closeSync(fd);
    const report = await rewriting;
    expect(report).toMatchObject({ changed: true, lateBytes: linkedLine("late", "b").length });
    expect(report).not.toHaveProperty("stillOpen");
    expect((await idsIn(file)).at(-1)).toBe("late");
  });

  test("settleMs ends that, and who has it open is told", async () => {
    const file = await transcript();
    opened(file);
    const report = await migrateTranscript(file, { settleMs: 60 });
    expect(report).toMatchObject({ changed: true, lateBytes: 0, stillOpen: [process.pid] });
  });

  test("nothing is waited for where the system tells that nobody has it open", async () => {
    const file = await transcript();
    const port = new FaultPort(undefined, { ...nodeFileSystem, writersOf: async () => [] });
    await migrateTranscript(file, { fileSystem: port.fileSystem });
    expect(port.calls.filter(({ name }) => name === "writersOf")).toHaveLength(1);
    expect(port.openFiles).toBe(0);
  });

  test("settleMs is checked", async () => {
    const file = await transcript();
    await expect(migrateTranscript(file, { settleMs: -1 })).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
    });
  });
});
