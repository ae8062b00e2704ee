import {
  appendFileSync,
  chmodSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { type MigrateOptions, migrateFile } from "../../src/migration/migration.js";
import {
  HEADER,
  lines,
  namesBeside,
  OPTIONS,
  transcript,
  watched,
} from "../support/migration/migration-fixture.js";

const OLD = lines(HEADER, '{"n":0}', "not JSON", `{"n":"${"x".repeat(300)}"}`, '{"n":2}');
const INTERNALS = { maxChunkBytes: 128 };
/** More than a migration takes. */
const ENOUGH = 200;

/** Ids that are the same in each migration, so that its result is too. */
function sameIds() {
  let made = 0;
  return { ...INTERNALS, generateId: () => `id-${made++}` };
}

const migrate = (fs: FileSystem, file: string, options: Partial<MigrateOptions> = {}) =>
  migrateFile(fs, file, { ...OPTIONS, ...options }, sameIds());

const errno = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

async function migrated(): Promise<Buffer> {
  const file = transcript(OLD);
  await migrate(nodeFileSystem, file);
  return readFileSync(file);
}

/** Runs `attempt` with ever later operations singled out, until there is none left. */
async function eachOperation(
  attempt: (file: string, fs: FileSystem, reached: () => boolean) => Promise<void>,
  strike: (operation: string) => Promise<void> | void,
): Promise<number> {
  for (let nth = 1; nth < ENOUGH; nth += 1) {
    let count = 0;
    const fs = watched(nodeFileSystem, (operation) => {
      count += 1;
      return count === nth ? strike(operation) : undefined;
    });
    await attempt(transcript(OLD), fs, () => count >= nth);
    if (count < nth) return nth - 1;
  }
  return expect.fail("no end");
}

describe.each([
  ["", { backup: false }],
  [", with a backup", { backup: true }],
])("a failure at any step%s", (_, options) => {
  test.each(["EIO", "ENOSPC"])("of %s leaves the old file or the new one", async (code) => {
    const after = await migrated();
    const struck = await eachOperation(
      async (file, fs, reached) => {
        let open = 0;
        const counted = watched(fs, (operation) => {
          if (operation === "close") open -= 1;
        });
        const opened: FileSystem = Object.assign(Object.create(counted), {
          open: async (...args: Parameters<FileSystem["open"]>) => {
            const result = await counted.open(...args);
            open += 1;
            return result;
          },
        });
        const outcome = await migrate(opened, file, options).catch((error: unknown) => error);
        const bytes = readFileSync(file);
        const isNew = bytes.equals(after);
        expect(isNew || bytes.equals(Buffer.from(OLD))).toBe(true);
        const kept = options.backup && isNew ? 2 : 1;
        expect(namesBeside(file)).toHaveLength(kept);
        expect(open).toBe(0);
        if (reached()) {
          expect(outcome).toMatchObject({
            name: "LeaflogError",
            code: expect.stringMatching(/^LEAFLOG_(READ|WRITE)_FAILED$/),
            file: expect.stringContaining("leaflog-migration-"),
            cause: { code },
          });
        } else expect(outcome).toMatchObject({ changed: true });
      },
      () => {
        throw errno(code);
      },
    );
    expect(struck).toBeGreaterThan(20);
  });
});

test("a death at any step leaves the old file or the new one, and what is left goes", async () => {
  const after = await migrated();
  let died: () => void = () => undefined;
  await eachOperation(
    async (file, fs) => {
      const death = new Promise<void>((resolve) => {
        died = resolve;
      });
      await Promise.race([death, migrate(fs, file, { backup: true })]);
      const bytes = readFileSync(file);
      expect(bytes.equals(after) || bytes.equals(Buffer.from(OLD))).toBe(true);
      await migrate(nodeFileSystem, file);
      expect(readFileSync(file)).toEqual(after);
      expect(namesBeside(file).filter((name) => name.endsWith("tmp"))).toEqual([]);
    },
    () => {
      died();
      return new Promise<never>(() => undefined);
    },
  );
});

test("a short write whose rest is short too is a failure", async () => {
  const file = transcript(OLD);
  const short = watched(nodeFileSystem, (operation) => (operation === "write" ? 1 : undefined));
  await expect(migrate(short, file)).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    cause: { message: expect.stringContaining("short write") },
  });
  expect(readFileSync(file, "utf8")).toBe(OLD);
  expect(namesBeside(file)).toHaveLength(1);
});

test("who lost the lock does not replace the file", async () => {
  const file = transcript(OLD);
  await expect(
    migrate(nodeFileSystem, file, { backup: true, stillOwner: async () => false }),
  ).rejects.toMatchObject({ code: "LEAFLOG_LOCK_LOST", file });
  expect(readFileSync(file, "utf8")).toBe(OLD);
  expect(namesBeside(file)).toHaveLength(1);
});

test("an abort at any step leaves the old file, or comes too late", async () => {
  const after = await migrated();
  let controller = new AbortController();
  await eachOperation(
    async (file, fs) => {
      controller = new AbortController();
      const { signal } = controller;
      const outcome = await migrate(fs, file, { signal }).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ code: "LEAFLOG_ABORTED", cause: "enough", file });
        expect(readFileSync(file, "utf8")).toBe(OLD);
      } else expect(readFileSync(file)).toEqual(after);
      expect(namesBeside(file)).toHaveLength(1);
    },
    () => controller.abort("enough"),
  );
  const file = transcript(OLD);
  await expect(
    migrate(nodeFileSystem, file, { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: "LEAFLOG_ABORTED", cause: { name: "AbortError" } });
});

describe("another program's append", () => {
  const foreign = '{"foreign":true}\n';

  test.each([
    "write",
    "sync",
    "chmod",
    "stat",
  ])("before the last look is in the result: %s", async (at) => {
    const file = transcript(OLD);
    let times = 0;
    const fs = watched(nodeFileSystem, (operation, path) => {
      if (operation !== at || (path === file) !== (at === "stat")) return;
      times += 1;
      if (times === 1) appendFileSync(file, foreign);
    });
    expect(await migrate(fs, file)).toMatchObject({ changed: true, migrated: 4 });
    expect(readFileSync(file, "utf8")).toMatch(/,"foreign":true\}\n$/);
    expect(namesBeside(file)).toHaveLength(1);
  });

  test("after the last look is carried over as it is", async () => {
    const file = transcript(OLD);
    const fs = watched(nodeFileSystem, (operation) => {
      if (operation === "rename") appendFileSync(file, foreign.repeat(3));
    });
    const report = await migrate(fs, file);
    expect(report).toMatchObject({ changed: true, migrated: 3 });
    expect(readFileSync(file, "utf8")).toMatch(/\n(\{"foreign":true\}\n){3}$/);
    expect(report.bytesAfter).toBe(statSync(file).size);
  });

  test("without end is late in the end, and carried over", async () => {
    const file = transcript(OLD);
    const fs = watched(nodeFileSystem, (operation) => {
      if (operation === "sync") appendFileSync(file, foreign);
    });
    const report = await migrate(fs, file);
    expect(report).toMatchObject({ migrated: 3 + 5, lateBytes: foreign.length });
    expect(readFileSync(file, "utf8").endsWith(`,"foreign":true}\n${foreign}`)).toBe(true);
    expect(namesBeside(file)).toHaveLength(1);
  });

  test("is given way to when it changes what stands there, without end", async () => {
    const file = transcript(OLD);
    let n = 0;
    const fs = watched(nodeFileSystem, (operation) => {
      if (operation !== "sync") return;
      n += 1;
      writeFileSync(file, OLD.replace('"n":0', `"n":${n}`));
    });
    await expect(migrate(fs, file)).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      message: expect.stringContaining("6 attempts"),
    });
    expect(readFileSync(file, "utf8")).toBe(OLD.replace('"n":0', '"n":6'));
    expect(namesBeside(file)).toHaveLength(1);
  });

  test("in a file of its own in the transcript's place is migrated too", async () => {
    const file = transcript(OLD);
    let times = 0;
    const fs = watched(nodeFileSystem, (operation) => {
      if (operation !== "write" || times++ > 0) return;
      writeFileSync(`${file}.new`, OLD + foreign);
      renameSync(`${file}.new`, file);
    });
    expect(await migrate(fs, file)).toMatchObject({ migrated: 4 });
  });
});

describe("a backup", () => {
  test("is the old file, copied: what goes on in either never shows in the other", async () => {
    const file = transcript(OLD);
    chmodSync(file, 0o644);
    const { ino } = statSync(file);
    const { backup = "" } = await migrate(nodeFileSystem, file, { backup: true });
    expect(backup).toMatch(/t\.jsonl\.before-migration-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/);
    expect(readFileSync(backup, "utf8")).toBe(OLD);
    expect(statSync(backup)).toMatchObject({ nlink: 1, mode: statSync(file).mode });
    expect(statSync(backup).ino).not.toBe(ino);
  });

  test("of a migration that dies at any step is whole, and no other name of the transcript", async () => {
    let died: () => void = () => undefined;
    let backups = 0;
    await eachOperation(
      async (file, fs) => {
        const death = new Promise<void>((resolve) => {
          died = resolve;
        });
        await Promise.race([death, migrate(fs, file, { backup: true })]);
        for (const name of namesBeside(file)) {
          const path = join(file, "..", name);
          if (path !== file) expect(statSync(path).ino).not.toBe(statSync(file).ino);
          if (!name.includes(".before-")) continue;
          backups += 1;
          expect(readFileSync(path, "utf8")).toBe(OLD);
        }
      },
      () => {
        died();
        return new Promise<never>(() => undefined);
      },
    );
    expect(backups).toBeGreaterThan(2);
  });

  test("is on the medium before the transcript is replaced", async () => {
    const done: string[] = [];
    const fs = watched(nodeFileSystem, (operation, path) => {
      if (!["sync", "syncDirectory", "rename"].includes(operation)) return;
      done.push(operation === "sync" ? `${operation} ${path.endsWith("tmp")}` : operation);
    });
    await migrate(fs, transcript(OLD), { backup: true });
    const backup = ["sync true", "rename", "syncDirectory"];
    expect(done).toEqual(["sync true", ...backup, "rename", "syncDirectory"]);
  });

  test("never takes the name of an older one", async () => {
    const file = transcript(OLD);
    let older = "";
    const fs = watched(nodeFileSystem, (operation, path) => {
      if (operation !== "stat" || !path.includes(".before-") || older !== "") return;
      older = path;
      writeFileSync(older, "older");
    });
    const { backup = "" } = await migrate(fs, file, { backup: true });
    expect(readFileSync(older, "utf8")).toBe("older");
    expect(backup).toBe(`${older}-2`);
    expect(readFileSync(backup, "utf8")).toBe(OLD);
  });

  test("is not made where nothing changes", async () => {
    const file = transcript(lines(HEADER));
    expect(await migrate(nodeFileSystem, file, { backup: true })).not.toHaveProperty("backup");
    expect(namesBeside(file)).toHaveLength(1);
  });
});
