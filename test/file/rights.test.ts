import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileSystem, OpenFile } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import {
  migrateTranscript,
  openTranscript,
  type RepairReport,
  repairTranscript,
} from "../../src/index.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { say } from "../support/say.js";
import { tempDirectory } from "../support/temp-directory.js";

const LINEAR = HEADER_LINE + linearLine({ id: "a" });
const DAMAGED = `${HEADER_LINE}${linkedLine("a", null)}{"cut\n`;

const REWRITES = [
  ["migrateTranscript", LINEAR, (file: string) => migrateTranscript(file, { backup: true })],
  ["repairTranscript", DAMAGED, (file: string) => repairTranscript(file)],
] as const;

/** Whether this system has ACLs and extended attributes, and the programs that show them. */
function hasAttributes(): boolean {
  const probe = join(import.meta.dirname, `.probe-${process.pid}`);
  try {
    writeFileSync(probe, "");
    execFileSync("setfacl", ["-m", "u:1:r", probe], { stdio: "ignore" });
    execFileSync("setfattr", ["-n", "user.leaflog", "-v", "x", probe], { stdio: "ignore" });
    execFileSync("getfacl", [probe], { stdio: "ignore" });
    execFileSync("getfattr", [probe], { stdio: "ignore" });
    return true;
  } catch {
    say("skipped: ACLs and extended attributes, which this system does not have or show");
    return false;
  } finally {
    execFileSync("rm", ["-f", probe]);
  }
}

async function transcript(content: string, mode: number): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const acl = (file: string): string =>
  execFileSync("getfacl", ["-n", "-c", "-p", file], { encoding: "utf8" });
const attribute = (file: string): string =>
  execFileSync("getfattr", ["--only-values", "-n", "user.origin", file], { encoding: "utf8" });

async function guarded(content: string): Promise<string> {
  const file = await transcript(content, 0o640);
  // The owning group may read, one user may write, another may nothing; the mask lets all write.
  execFileSync("setfacl", ["-m", "u:1:rw,u:65534:---,o::r", file]);
  execFileSync("setfattr", ["-n", "user.origin", "-v", "somewhere", file]);
  return file;
}

describe.runIf(hasAttributes())("ACL and extended attributes", () => {
  test.each(REWRITES)("%s keeps them, the backup has them", async (_, content, rewrite) => {
    const file = await guarded(content);
    const before = acl(file);
    expect(before).toContain("mask::rw-");
    const report = await rewrite(file);
    expect(report.changed).toBe(true);
    for (const path of [file, report.backup ?? ""]) {
      expect(acl(path)).toBe(before);
      expect(attribute(path)).toBe("somewhere");
    }
    const { damagedFile } = report as Partial<RepairReport>;
    if (damagedFile !== undefined) {
      expect(acl(damagedFile)).toBe("user::rw-\ngroup::r--\nother::r--\n\n");
    }
  });

  test("no file beside it is open to more at any moment", async () => {
    const file = await guarded(LINEAR);
    const allowed = acl(file);
    const seen = new Set<string>();
    const fileSystem = interceptedFileSystem(async (_, run) => {
      const result = await run();
      for (const name of readdirSync(join(file, ".."))) {
        if (/tmp$|before/.test(name)) seen.add(acl(join(file, "..", name)));
      }
      return result;
    });
    await migrateTranscript(file, { backup: true, fileSystem });
    expect([...seen].sort()).toEqual([allowed, "user::rw-\ngroup::---\nother::---\n\n"].sort());
  });

  test("what the directory gives to new files is not given to a rewritten one", async () => {
    const file = await transcript(LINEAR, 0o640);
    execFileSync("setfacl", ["-d", "-m", "u:1:rw", join(file, "..")]);
    await migrateTranscript(file);
    expect(acl(file)).toBe("user::rw-\ngroup::r--\nother::---\n\n");
  });
});

describe("attributes that cannot be kept", () => {
  const refusing: FileSystem = {
    ...nodeFileSystem,
    copyAttributes: () => Promise.reject(systemError("ENOTSUP")),
  };
  const meansless: FileSystem = { ...nodeFileSystem, copyAttributes: async () => false };

  test.each([
    ["they were refused", refusing, 0o600],
    ["the group's bits may be a mask", meansless, 0o640],
    ["the group's bits may be a mask", meansless, 0o664],
  ])("a rewrite is refused when %s, and nothing is left", async (_, fileSystem, mode) => {
    const file = await transcript(LINEAR, mode);
    const code = "LEAFLOG_ATTRIBUTES";
    await expect(migrateTranscript(file, { fileSystem })).rejects.toMatchObject({ code, file });
    writeFileSync(file, DAMAGED);
    await expect(repairTranscript(file, { fileSystem })).rejects.toMatchObject({ code, file });
    expect(readFileSync(file, "utf8")).toBe(DAMAGED);
    expect(readdirSync(join(file, ".."))).toEqual(["t.jsonl"]);
  });

  test.each([
    0o600, 0o644, 0o604, 0o666,
  ])("a group that has no more than others: %o", async (mode) => {
    const file = await transcript(LINEAR, mode);
    await migrateTranscript(file, { fileSystem: meansless });
    expect(statSync(file).mode & 0o777).toBe(mode);
  });

  test("an append does not fail: it leaves linear entries as they are, and says so", async () => {
    const file = await transcript(LINEAR, 0o600);
    await using linear = await openTranscript(file, { fileSystem: refusing });
    expect(await linear.append({ type: "custom" })).toMatchObject({
      linked: false,
      notMigrated: { reason: "attributes" },
    });
    expect(readFileSync(file, "utf8").startsWith(LINEAR)).toBe(true);
  });
});

describe("a group that cannot be kept", () => {
  test("gets no more than everybody", async () => {
    const file = await transcript(LINEAR, 0o664);
    const foreign = async (path: string) => ({
      ...(await nodeFileSystem.stat(path)),
      gid: 54_321,
    });
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      stat: (path) => (path === file ? foreign(path) : nodeFileSystem.stat(path)),
      open: async (path, how, mode) => {
        const open: OpenFile = await nodeFileSystem.open(path, how, mode);
        const own = open.stat.bind(open);
        return Object.assign(open, {
          chown: () => Promise.reject(systemError("EPERM")),
          stat: async () => (path === file ? foreign(path) : own()),
        });
      },
    };
    await migrateTranscript(file, { fileSystem });
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });
});

test.each(REWRITES)("%s drops setuid, setgid and sticky", async (_, content, rewrite) => {
  const file = await transcript(content, 0o7644);
  await rewrite(file);
  expect(statSync(file).mode & 0o7777).toBe(0o644);
});

test.each([
  "EPERM",
  "ENOTSUP",
])("a file system without permission bits is fit for all (%s)", async (code) => {
  const fileSystem = interceptedFileSystem(async ({ name }, run) => {
    if (name === "chmod" || name === "file.chmod" || name === "copyAttributes") {
      throw systemError(code);
    }
    const result = await run();
    const isStat = name === "stat" || name === "file.stat";
    return isStat ? { ...(result as object), mode: 0o755 } : result;
  });
  const directory = await tempDirectory();
  const file = join(directory, "new.jsonl");
  await using created = await openTranscript(file, { fileSystem });
  expect(await created.append({ type: "custom" })).toMatchObject({ linked: true });
  const linear = join(directory, "linear.jsonl");
  writeFileSync(linear, LINEAR);
  await using migrated = await openTranscript(linear, { fileSystem });
  expect(await migrated.append({ type: "custom" })).toMatchObject({ parentId: "a" });
  const damaged = join(directory, "damaged.jsonl");
  writeFileSync(damaged, DAMAGED);
  expect(await repairTranscript(damaged, { fileSystem })).toMatchObject({ changed: true });
});
