import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LeaflogError, openTranscript } from "../../src/index.js";
import { pluginError } from "../../src/sdk/calls/plugin-error.js";
import { createTranscriptSdk, directoryHost, type TranscriptSdk } from "../../src/sdk/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linearLine } from "../support/lines.js";
import { leaks } from "../support/sdk/leaks.js";
import { ALICE, message, type PluginWorld, pluginWorld } from "../support/sdk/plugin-world.js";

const CODES = ["EACCES", "EIO"];

/** One use of everything; returns all that a plugin gets to see. */
async function everything(sdk: TranscriptSdk): Promise<unknown[]> {
  const seen: unknown[] = [];
  const see = async (call: () => unknown): Promise<void> => {
    try {
      seen.push(await call());
    } catch (error) {
      seen.push(error);
    }
  };
  await see(() => sdk.append(ALICE, message("assistant", "hello")));
  await see(() => sdk.append(ALICE, message("user", "hi"), { idempotencyKey: "k" }));
  await see(() => sdk.appendBatch(ALICE, [{ type: "b" }, { type: "c" }]));
  await see(() => sdk.mirror(ALICE, { scope: "s", messages: [{ role: "user", content: "m" }] }));
  await see(() =>
    sdk.withWriteLock(ALICE, async (tx) => {
      for await (const record of tx.read()) seen.push(record);
      seen.push(await tx.leaf(), tx.append({ type: "t" }), tx);
      tx.publishUpdate({ hello: 1 });
    }),
  );
  await see(() => sdk.append(ALICE, { type: "d" }, { expectedLeaf: "nobody" }));
  await see(() => sdk.readDelta(ALICE));
  await see(() => sdk.latestAssistantText(ALICE));
  for (const which of ["all", "branch", "compacted"] as const) {
    await see(async () => {
      for await (const record of sdk.readEntries(ALICE, { which })) seen.push(record);
    });
  }
  seen.push(sdk, sdk.readEntries(ALICE));
  return seen;
}

describe("nothing that reaches a plugin holds a path", () => {
  test("when all is well", async () => {
    const { sdk, host, root } = await pluginWorld();
    const updates: unknown[] = [];
    sdk.onUpdate((update) => updates.push(update));
    const seen = await everything(sdk);
    await expect.poll(() => updates.length).toBe(7);
    expect(seen.filter((one) => one instanceof LeaflogError)).toHaveLength(1);
    expect(leaks([seen, updates], [root, "alice/s1", ".jsonl"])).toEqual([]);
    await host.close();
  });

  test.each(CODES)("when any operation on the disk fails with %s", async (code) => {
    // A lock that cannot be given back is told to the host's process, by its path.
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const { root, host } = await pluginWorld();
    const names = new Set<string>();
    const failures = new Map<string, number>();
    let victim = "";
    const fileSystem = interceptedFileSystem(async ({ name, path }, run) => {
      names.add(name);
      if (name !== victim) return run();
      failures.set(name, (failures.get(name) ?? 0) + 1);
      const text = `${code}: no such luck, ${name} '${path}'`;
      throw Object.assign(new Error(text), { code, path, dest: root, syscall: name });
    });
    const errors: unknown[] = [];
    const play = async (which: string): Promise<void> => {
      const own = directoryHost({
        root: `${root}/${which.replaceAll(".", "-") || "none"}`,
        rights: ["read", "append"],
        transcript: { fileSystem, lock: { timeoutMs: 300 } },
      });
      const sdk = createTranscriptSdk(own);
      await everything(sdk);
      victim = which;
      const seen = await everything(sdk);
      victim = "";
      errors.push(...seen.filter((one) => one instanceof LeaflogError));
      expect(leaks(seen, [root])).toEqual([]);
      await own.close();
    };
    await play("");
    for (const name of [...names]) {
      // Without these nothing is given back, by anybody.
      if (!["unlink", "file.close", "watch"].includes(name)) await play(name);
    }
    expect(failures.size).toBeGreaterThan(4);
    expect(errors.length).toBeGreaterThan(20);
    for (const error of errors) expect((error as LeaflogError).file).toBeUndefined();
    expect(errors).toContainEqual(
      expect.objectContaining({ identity: ALICE, cause: expect.objectContaining({ code }) }),
    );
    await host.close();
  });

  const STATES: [string, string, (world: PluginWorld) => Promise<string>][] = [
    ["a damaged header", "LEAFLOG_BAD_HEADER", async () => "{damaged\n{}\n"],
    ["a file that is no transcript", "LEAFLOG_UNKNOWN_FORMAT", async () => '{"type":"turn"}\n'],
    ["no file but a directory's name", "LEAFLOG_ABORTED", async () => HEADER_LINE],
    ["a linear transcript", "LEAFLOG_LINEAR_TRANSCRIPT", async () => HEADER_LINE + linearLine()],
  ];

  test.each(STATES)("of %s", async (_, code, content) => {
    const world = await pluginWorld({ transcript: { linear: "reject" } });
    const file = world.fileOf(ALICE);
    await mkdir(dirname(file));
    await writeFile(file, await content(world));
    const signal = code === "LEAFLOG_ABORTED" ? AbortSignal.abort("plugin's reason") : undefined;
    const options = signal && { signal };
    const error: unknown = await world.sdk
      .append(ALICE, { type: "a" }, options)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code, identity: ALICE });
    if (signal) expect(error).toMatchObject({ cause: "plugin's reason" });
    expect(leaks(error, [world.root])).toEqual([]);
    await world.host.close();
  });

  test("of a lock that another holds: how long it waited, and not who holds what", async () => {
    const { sdk, host, root, fileOf } = await pluginWorld();
    await mkdir(dirname(fileOf(ALICE)));
    await mkdir(`${fileOf(ALICE)}.lock`);
    const owner = { pid: 1, host: root, startedAt: "2026-01-01T00:00:00Z" };
    await writeFile(`${fileOf(ALICE)}.lock.owner`, JSON.stringify(owner));
    const error: unknown = await sdk
      .append(ALICE, { type: "a" }, { timeoutMs: 60 })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "LEAFLOG_LOCK_TIMEOUT", waitedMs: expect.any(Number) });
    expect(error).not.toHaveProperty("owner");
    expect(leaks(error, [root])).toEqual([]);
    await host.close();
  });

  test("of a key that was used for something else", async () => {
    const { sdk, host, root } = await pluginWorld();
    const { id } = await sdk.append(ALICE, { type: "a", n: 1 }, { idempotencyKey: "k" });
    const error: unknown = await sdk
      .append(ALICE, { type: "a", n: 2 }, { idempotencyKey: "k" })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "LEAFLOG_IDEMPOTENCY_CONFLICT",
      idempotencyKey: "k",
      storedId: id,
      identity: ALICE,
    });
    expect(leaks(error, [root])).toEqual([]);
    await host.close();
  });

  test("whatever an error of leaflog says: the words are chosen by its code", () => {
    const file = "/secret/a.jsonl";
    const cause = Object.assign(new Error(`EIO, read '${file}'`), { code: "EIO", path: file });
    for (const code of ["LEAFLOG_READ_FAILED", "LEAFLOG_NEW_ONE", "LEAFLOG_INVALID_ARGUMENT"]) {
      const error = new LeaflogError(code as "LEAFLOG_READ_FAILED", `at ${file}`, { file, cause });
      const inner = new LeaflogError("LEAFLOG_READ_FAILED", file, {
        cause: new Error("", { cause }),
      });
      const told = [
        pluginError(error, ALICE),
        pluginError(inner, ALICE),
        pluginError(cause, ALICE),
      ];
      const isInput = code === "LEAFLOG_INVALID_ARGUMENT";
      // What such an error carries is what the plugin threw itself.
      expect(leaks(isInput ? told.slice(1) : told, ["secret"])).toEqual([]);
      expect(told[0]?.message).not.toContain("secret");
      expect(pluginError(told[0])).toBe(told[0]);
    }
  });
});

test("a poisoned transcript is opened again for the next call", async () => {
  let failing = false;
  const fileSystem = interceptedFileSystem(async ({ name }, run) => {
    if (failing && name === "file.datasync") throw Object.assign(new Error("EIO"), { code: "EIO" });
    return run();
  });
  const { sdk, host, fileOf } = await pluginWorld({
    transcript: { fileSystem, durability: "synced" },
  });
  await sdk.append(ALICE, { type: "a" });
  failing = true;
  const poisoned = { code: "LEAFLOG_POISONED" };
  await expect(sdk.append(ALICE, { type: "b" })).rejects.toMatchObject(poisoned);
  failing = false;
  await sdk.append(ALICE, { type: "c" });
  await host.close();
  await using transcript = await openTranscript(fileOf(ALICE));
  const types = (await transcript.tail(9)).map(({ entry }) => entry?.type);
  expect(types).toEqual(["a", "b", "c"]);
});
