import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../../src/file/file-system.js";
import { openTranscript, repairTranscript } from "../../src/index.js";
import { repairFile } from "../../src/repair/repair.js";
import type { RepairOptions } from "../../src/repair/repair-options.js";
import { type FaultPlan, FaultPort, type Strike } from "../support/fault-port.js";
import { dying, failing, preceded, readingShort, writingShort } from "../support/fault-strikes.js";
import {
  chain,
  HEADER,
  message,
  namesBeside,
  OPTIONS,
  text,
  transcript,
} from "../support/repair/repair-fixture.js";

const M = chain(9);
/** All there is to do at once: fused, cut, NUL bytes, a lost parent, a duplicate, a torn tail. */
const OLD = text(
  HEADER,
  ...M.slice(0, 2),
  `${M[2]}${M[3]}`,
  `${"\0".repeat(600)}${M[4]?.slice(0, 99)}${M[5]}`,
  ...M.slice(6),
  message("m7", "m8", "another"),
  M[1] as string,
).concat(M[4]?.slice(0, 70) as string);

/** More operations than a repair makes. */
const ENOUGH = 300;

function repair(fs: FileSystem, file: string, options: Partial<RepairOptions> = {}) {
  let made = 0;
  const internals = { maxChunkBytes: 2048, generateId: () => `id-${made++}` };
  return repairFile(fs, file, { ...OPTIONS, ...options }, internals);
}

async function repairedBytes(): Promise<Buffer> {
  const file = await transcript(OLD);
  await repair(new FaultPort().fileSystem, file);
  return readFileSync(file);
}

/** Runs `attempt` with ever later operations struck, until there is none left. */
async function sweep(
  plan: Omit<FaultPlan, "nth">,
  attempt: (port: FaultPort, file: string) => Promise<void>,
): Promise<number> {
  for (let nth = 1; nth < ENOUGH; nth += 1) {
    const port = new FaultPort({ ...plan, nth });
    await attempt(port, await transcript(OLD));
    if (port.struck.length === 0) return nth - 1;
  }
  return expect.fail("no end");
}

describe.each([
  ["with a backup", { backup: true }],
  ["without a backup", { backup: false }],
])("%s", (_, options) => {
  test.each([
    ["one operation fails", { strike: failing("EIO"), once: true }],
    ["the disk is gone from then on", { strike: failing("EIO"), once: false }],
    ["the disk is full in the middle of a write", { strike: dying(0.5, "ENOSPC"), once: true }],
  ])("when %s the file is the old one or the new one", async (_, plan) => {
    const after = await repairedBytes();
    const struck = await sweep(plan, async (port, file) => {
      const outcome = await repair(port.fileSystem, file, options).catch((error: unknown) => error);
      const bytes = readFileSync(file);
      const isNew = bytes.equals(after);
      expect(isNew || bytes.equals(Buffer.from(OLD))).toBe(true);
      expect(port.openFiles).toBe(0);
      if (port.struck.length > 0 && outcome instanceof Error) {
        expect(outcome).toMatchObject({
          name: "LeaflogError",
          code: expect.stringMatching(/^LEAFLOG_(READ|WRITE)_FAILED$/),
          file,
        });
        expect(port.injected).toContain(outcome.cause);
      } else expect(outcome).toMatchObject({ changed: true });
      // On a disk that is gone nothing can be removed any more.
      if (!plan.once) return;
      const names = namesBeside(file);
      expect(names.filter((name) => name.endsWith("tmp"))).toEqual([]);
      expect(names.filter((name) => name.includes(".damaged-"))).toHaveLength(isNew ? 1 : 0);
      expect(names.filter((name) => name.includes(".before-"))).toHaveLength(
        isNew && options.backup ? 1 : 0,
      );
    });
    expect(struck).toBeGreaterThan(30);
  });
});

test("a short write whose rest goes through is no failure, and short reads are none", async () => {
  const after = await repairedBytes();
  const writes = { matches: ({ name }: { name: string }) => name === "file.write", once: true };
  const struck = await sweep({ strike: writingShort(0.5), ...writes }, async (port, file) => {
    await repair(port.fileSystem, file);
    if (port.struck.length === 0) return;
    expect(readFileSync(file).equals(after)).toBe(true);
  });
  expect(struck).toBeGreaterThan(1);
  const file = await transcript(OLD);
  const short = new FaultPort({
    strike: readingShort,
    nth: 1,
    once: false,
    matches: ({ name }) => name === "file.read",
  });
  await repair(short.fileSystem, file);
  expect(readFileSync(file).equals(after)).toBe(true);
});

test("a write that is short, and whose rest is refused, is a failure with the system's code", async () => {
  const half = writingShort(0.5);
  const refused = failing("EDQUOT");
  const strike: Strike = (call, run, port) =>
    (port.struck.length === 1 ? half : refused)(call, run, port);
  const writes = { matches: ({ name }: { name: string }) => name === "file.write", once: false };
  const struck = await sweep({ strike, ...writes }, async (port, file) => {
    const outcome = await repair(port.fileSystem, file).catch((error: unknown) => error);
    if (port.struck.length === 0) return;
    expect(outcome).toMatchObject({ code: "LEAFLOG_WRITE_FAILED", cause: { code: "EDQUOT" } });
    expect(readFileSync(file, "utf8")).toBe(OLD);
    expect(namesBeside(file)).toEqual(["t.jsonl"]);
  });
  expect(struck).toBeGreaterThan(1);
});

test("a death at any step leaves the old file or the new one, and what is left over goes", async () => {
  const after = await repairedBytes();
  let died: () => void = () => undefined;
  const strike = () => {
    died();
    return new Promise<never>(() => undefined);
  };
  await sweep({ strike, once: true }, async (port, file) => {
    const death = new Promise<void>((resolve) => {
      died = resolve;
    });
    await Promise.race([death, repair(port.fileSystem, file)]);
    const bytes = readFileSync(file);
    expect(bytes.equals(after) || bytes.equals(Buffer.from(OLD))).toBe(true);
    // Who finds the new file finds what was moved out of the old one.
    if (bytes.equals(after)) {
      expect(namesBeside(file).filter((name) => name.includes(".damaged-"))).toHaveLength(1);
    }
    await repair(new FaultPort().fileSystem, file);
    expect(readFileSync(file).equals(after)).toBe(true);
    expect(namesBeside(file).filter((name) => name.endsWith("tmp"))).toEqual([]);
  });
});

test("what is moved is on the medium before the transcript is replaced", async () => {
  const file = await transcript(OLD);
  const calls: string[] = [];
  const port = new FaultPort({
    strike: ({ name, path }, run) => {
      const what = path.includes(".damaged-") ? "damaged" : path.endsWith("tmp") ? "new" : "";
      calls.push(`${what} ${name}`.trim());
      return run();
    },
    nth: 1,
    once: false,
  });
  await repair(port.fileSystem, file);
  const order = ["damaged file.write", "damaged file.sync", "syncDirectory", "new rename"];
  const places = order.map((call) => calls.indexOf(call, calls.indexOf("damaged file.sync") - 1));
  expect(calls.lastIndexOf("damaged file.write")).toBeLessThan(calls.indexOf("damaged file.sync"));
  expect(places.slice(1)).toEqual(places.slice(1).toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("an abort at any step leaves the old file, or comes too late", async () => {
  const after = await repairedBytes();
  let controller = new AbortController();
  const strike = preceded(() => controller.abort("enough"));
  await sweep({ strike, once: true }, async (port, file) => {
    controller = new AbortController();
    const { signal } = controller;
    const outcome = await repair(port.fileSystem, file, { signal }).catch(
      (error: unknown) => error,
    );
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: "LEAFLOG_ABORTED", cause: "enough", file });
      expect(readFileSync(file, "utf8")).toBe(OLD);
      expect(namesBeside(file)).toEqual(["t.jsonl"]);
    } else expect(readFileSync(file).equals(after)).toBe(true);
  });
});

test("who lost the lock does not replace the file", async () => {
  const file = await transcript(OLD);
  const { fileSystem } = new FaultPort();
  await expect(repair(fileSystem, file, { stillOwner: async () => false })).rejects.toMatchObject({
    code: "LEAFLOG_LOCK_LOST",
    file,
  });
  expect(readFileSync(file, "utf8")).toBe(OLD);
  expect(namesBeside(file)).toEqual(["t.jsonl"]);
});

describe("another program's append", () => {
  const foreign = text(message("foreign", "m8"));

  test("before the last look is in the result", async () => {
    const file = await transcript(`${OLD}\n`);
    const port = new FaultPort({
      strike: preceded(() => appendFileSync(file, foreign)),
      nth: 1,
      once: true,
      matches: ({ name, path }) => name === "file.write" && path.endsWith("tmp"),
    });
    expect(await repair(port.fileSystem, file)).toMatchObject({ changed: true });
    expect(readFileSync(file, "utf8").endsWith(foreign)).toBe(true);
    expect(namesBeside(file)).toHaveLength(3);
  });

  test("is given way to when it changes what stands there, without end", async () => {
    const file = await transcript(`${OLD}\n`);
    let n = 0;
    const port = new FaultPort({
      strike: preceded(() => {
        n += 1;
        const now = readFileSync(file, "latin1");
        writeFileSync(file, now.replace(/session-\d/, `session-${n % 10}`), "latin1");
      }),
      nth: 1,
      once: false,
      matches: ({ name, path }) => name === "file.write" && path.endsWith("tmp"),
    });
    await expect(repair(port.fileSystem, file)).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      message: expect.stringContaining("6 attempts"),
    });
    expect(namesBeside(file)).toEqual(["t.jsonl"]);
  });
});

test("mode and owner are kept, and no file beside it is open to more than the transcript is", async () => {
  const file = await transcript(OLD);
  chmodSync(file, 0o640);
  const { damagedFile = "", backup = "" } = await repair(new FaultPort().fileSystem, file);
  for (const path of [file, backup]) expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(statSync(damagedFile).mode & 0o777).toBe(0o600);
});

test("no file beside it has a name that is taken for a session", async () => {
  const file = await transcript(OLD);
  await repair(new FaultPort().fileSystem, file);
  expect(namesBeside(file)).toHaveLength(3);
  expect(namesBeside(file).filter((name) => name.endsWith(".jsonl"))).toEqual(["t.jsonl"]);
});

test("what a listener throws reaches the caller as it is", async () => {
  const file = await transcript(OLD);
  const thrown = Object.assign(new Error("enough"), { code: "MINE" });
  const onProgress = (): never => {
    throw thrown;
  };
  await expect(repairTranscript(file, { onProgress })).rejects.toBe(thrown);
  expect(readFileSync(file, "utf8")).toBe(OLD);
});

test("a transcript that is open appends to the repaired file", async () => {
  const file = await transcript(OLD);
  await using open = await openTranscript(file);
  await open.appendMessage({ role: "user", content: "before" });
  const appended = open.appendMessage({ role: "user", content: "meanwhile" });
  const report = await repairTranscript(file);
  const { id } = await appended;
  const { parentId } = await open.appendMessage({ role: "user", content: "behind" });
  expect(report.changed).toBe(true);
  expect(parentId).toBe(id);
  expect(await repairTranscript(file)).toMatchObject({ changed: false });
});

test("progress goes up, over both readings, to its total", async () => {
  const file = await transcript(OLD);
  const told: [number, number][] = [];
  await repair(new FaultPort().fileSystem, file, {
    onProgress: (done, total) => told.push([done, total]),
  });
  expect(told.length).toBeGreaterThan(2);
  expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b));
  expect(told.at(-1)).toEqual([OLD.length * 2, OLD.length * 2]);
});
