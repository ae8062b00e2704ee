import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileSystem, OpenFile } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import {
  type ReplacementPlan,
  removeLeftovers,
  replaceFile,
} from "../../src/file/replace/replacement.js";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "leaflog-replacement-"));
  file = join(directory, "f");
  writeFileSync(file, "old", { mode: 0o600 });
});

afterEach(() => rmSync(directory, { recursive: true }));

const errno = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

/** The real file system, with other methods in the place of some of its own. */
const altered = (methods: Partial<FileSystem>): FileSystem => ({ ...nodeFileSystem, ...methods });

async function replace(fs: FileSystem, plan: Partial<ReplacementPlan> = {}) {
  const original = await nodeFileSystem.open(file, "read");
  try {
    return await replaceFile(fs, file, {
      original: { file: original, stat: await original.stat() },
      write: (output) => output.write(Buffer.from("new!")),
      confirm: async () => undefined,
      ...plan,
    });
  } finally {
    await original.close();
  }
}

const left = (): string[] => readdirSync(directory).sort();

test("the new content takes the file's place, with its mode", async () => {
  chmodSync(file, 0o464);
  const { ino } = statSync(file);
  expect(await replace(nodeFileSystem)).toBe(4);
  expect(readFileSync(file, "utf8")).toBe("new!");
  expect(statSync(file).mode & 0o777).toBe(0o464);
  expect(statSync(file).ino).not.toBe(ino);
  expect(left()).toEqual(["f"]);
});

test("the new content is private, beside the file and synced before it is confirmed", async () => {
  const calls: string[] = [];
  const fs = altered({
    open: async (path, how, mode) => {
      expect(path).toMatch(/\/f\.[0-9a-f-]{36}\.leaflog-tmp$/);
      expect([how, mode]).toEqual(["create", 0o600]);
      const open = await nodeFileSystem.open(path, how, mode);
      const sync = open.sync.bind(open);
      return Object.assign(open, {
        sync: () => {
          calls.push("sync");
          return sync();
        },
      });
    },
    rename: (from, to) => {
      calls.push("rename");
      return nodeFileSystem.rename(from, to);
    },
    syncDirectory: async (path) => {
      calls.push(`sync ${basename(path) === basename(directory)}`);
    },
  });
  const confirm = async (): Promise<void> => {
    calls.push("confirm");
  };
  await replace(fs, { confirm });
  expect(calls).toEqual(["sync", "confirm", "rename", "sync true"]);
});

test("what the plan throws leaves the file, and passes through", async () => {
  for (const step of ["write", "confirm"]) {
    const fail = () => Promise.reject(new RangeError(step));
    await expect(replace(nodeFileSystem, { [step]: fail })).rejects.toThrow(RangeError);
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(left()).toEqual(["f"]);
  }
});

test("a file that another program changed meanwhile is not replaced", async () => {
  const confirm = async (): Promise<void> => appendFileSync(file, "er");
  expect(await replace(nodeFileSystem, { confirm })).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe("older");
  expect(left()).toEqual(["f"]);
});

test("one that has only grown is replaced where its caller carries over what is new", async () => {
  const grow = async (): Promise<void> => appendFileSync(file, "er");
  expect(await replace(nodeFileSystem, { confirm: grow, mayGrow: true })).toBe(4);
  expect(readFileSync(file, "utf8")).toBe("new!");

  const change = async (): Promise<void> => writeFileSync(file, "odd!");
  expect(await replace(nodeFileSystem, { confirm: change, mayGrow: true })).toBeUndefined();
  const shrink = async (): Promise<void> => writeFileSync(file, "");
  expect(await replace(nodeFileSystem, { confirm: shrink, mayGrow: true })).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe("");
});

test("a file whose rights were changed meanwhile is not replaced: the new one has the old ones", async () => {
  const confirm = async (): Promise<void> => chmodSync(file, 0o400);
  expect(await replace(nodeFileSystem, { confirm })).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(await replace(nodeFileSystem)).toBe(4);
  expect(statSync(file).mode & 0o777).toBe(0o400);
});

describe("the owner", () => {
  test.runIf(process.getuid?.() === 0)("is kept", async () => {
    chownSync(file, 12_345, 23_456);
    await replace(nodeFileSystem);
    expect(statSync(file)).toMatchObject({ uid: 12_345, gid: 23_456 });
  });

  const asked: number[][] = [];
  const refusing = (code: string): FileSystem =>
    altered({
      stat: async (path) => ({ ...(await nodeFileSystem.stat(path)), uid: 12_345, gid: 23_456 }),
      open: async (path, how, mode) => {
        const open: OpenFile = await nodeFileSystem.open(path, how, mode);
        return Object.assign(open, {
          chown: async (uid: number, gid: number) => {
            asked.push([uid, gid]);
            throw errno(code);
          },
        });
      },
    });

  async function replaceForeign(fs: FileSystem) {
    asked.length = 0;
    const original = await nodeFileSystem.open(file, "read");
    const stat = { ...(await original.stat()), uid: 12_345, gid: 23_456 };
    return replace(fs, { original: { file: original, stat } }).finally(() => original.close());
  }

  test("is given up where that is not allowed, the group last", async () => {
    expect(await replaceForeign(refusing("EPERM"))).toBe(4);
    expect(asked).toEqual([
      [12_345, 23_456],
      [statSync(file).uid, 23_456],
    ]);
    await expect(replaceForeign(refusing("EIO"))).rejects.toMatchObject({ cause: { code: "EIO" } });
  });
});

test("a directory that cannot be synced is no failure, one that failed to be is", async () => {
  const refusing = (code: string) => altered({ syncDirectory: () => Promise.reject(errno(code)) });
  for (const code of ["EINVAL", "EPERM", "EISDIR"]) expect(await replace(refusing(code))).toBe(4);
  await expect(replace(refusing("EIO"))).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    file,
    message: expect.stringContaining("the file is replaced"),
    cause: { code: "EIO" },
  });
  expect(left()).toEqual(["f"]);
});

test("the failure that led to cleaning up is the one reported", async () => {
  const fs = altered({
    rename: () => Promise.reject(errno("EACCES")),
    unlink: () => Promise.reject(errno("EIO")),
  });
  await expect(replace(fs)).rejects.toMatchObject({ cause: { code: "EACCES" } });
});

describe("removeLeftovers", () => {
  const leftover = (name = "f"): string => `${name}.${randomUUID()}.leaflog-tmp`;

  test("removes this file's, and nothing else", async () => {
    const others = [leftover("g"), leftover("f.g"), "f.leaflog-tmp", "f.x.leaflog-tmp", "f.bak"];
    for (const name of [...others, leftover(), leftover()])
      writeFileSync(join(directory, name), "");
    await removeLeftovers(nodeFileSystem, file);
    expect(left()).toEqual(["f", ...others].sort());
  });

  test("goes on where it may not look or remove, and reports what went wrong", async () => {
    writeFileSync(join(directory, leftover()), "");
    for (const method of ["readdir", "unlink"]) {
      const failing = (code: string) => altered({ [method]: () => Promise.reject(errno(code)) });
      await removeLeftovers(failing("EACCES"), file);
      await expect(removeLeftovers(failing("EIO"), file)).rejects.toMatchObject({
        code: "LEAFLOG_WRITE_FAILED",
        file,
        cause: { code: "EIO" },
      });
    }
  });
});
