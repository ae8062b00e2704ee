import { describe, expect, test } from "vitest";
import { openTranscript } from "../../../src/index.js";
import { createTranscriptSdk } from "../../../src/sdk/index.js";
import { memoryHost } from "../../../src/sdk/testing/index.js";
import { MemoryFileSystem } from "../../../src/sdk/testing/memory-file-system.js";
import { HEADER_LINE, linearLine } from "../../support/lines.js";
import { ALICE, BOB } from "../../support/sdk/plugin-world.js";

describe("memoryHost", () => {
  test("has the semantics of a real one: chain, header, migration, torn tails", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    await sdk.append(ALICE, { type: "a" });
    await sdk.append(ALICE, { type: "b" });
    const [a, b] = host.entries(ALICE);
    expect([a?.parentId, b?.parentId]).toEqual([null, a?.id]);
    expect(JSON.parse(host.text(ALICE)?.split("\n")[0] ?? "")).toMatchObject({
      type: "session",
      id: ALICE.sessionId,
    });
    await host.write(BOB, `${HEADER_LINE}${linearLine()}{"torn`);
    expect(await sdk.append(BOB, { type: "c" })).toMatchObject({ tornTail: { kept: "malformed" } });
    expect(host.entries(BOB)).toMatchObject([{ parentId: null }, { type: "c" }]);
    expect(host.text(BOB)).toContain('{"torn\n');
  });

  test("is told apart from the real disk, and from another", async () => {
    await using host = memoryHost();
    await using other = memoryHost();
    await createTranscriptSdk(host).append(ALICE, { type: "a" });
    expect(other.text(ALICE)).toBeUndefined();
    expect(await host.identities()).toEqual([ALICE]);
    expect(await other.identities()).toEqual([]);
    await using transcript = await openTranscript("/transcripts/alice/s1.jsonl");
    expect(await transcript.leaf()).toEqual({ id: null, shape: "empty" });
  });

  test("seeds, whatever the rights, removes and replaces", async () => {
    await using host = memoryHost({ rights: [] });
    const results = await host.seed(ALICE, [{ type: "a", id: "1" }, { type: "b" }]);
    expect(results).toMatchObject([{ id: "1", parentId: null }, { parentId: "1" }]);
    await host.write(ALICE, "");
    expect(host.text(ALICE)).toBe("");
    expect(host.entries(ALICE)).toEqual([]);
    await host.write(ALICE, 'null\n{bad\n[1]\n{"type":"x"}\n');
    expect(host.entries(ALICE)).toEqual([{ type: "x" }]);
    await host.remove(ALICE);
    await host.remove(ALICE);
    expect(host.text(ALICE)).toBeUndefined();
  });

  test.each([
    ["write", "ENOSPC", "LEAFLOG_WRITE_FAILED"],
    ["lock", "EACCES", "LEAFLOG_LOCK_FAILED"],
    ["sync", "EIO", "LEAFLOG_POISONED"],
  ] as const)("%s can be had to fail, as often as is said", async (operation, code, error) => {
    await using host = memoryHost({ transcript: { durability: "synced" } });
    const sdk = createTranscriptSdk(host);
    const take = host.fail(operation, code, { identity: ALICE, times: 2 });
    await sdk.append(BOB, { type: "a" });
    for (let n = 0; n < 2; n += 1) {
      await expect(sdk.append(ALICE, { type: "a" })).rejects.toMatchObject({
        code: error,
        cause: { code },
      });
    }
    await sdk.append(ALICE, { type: "b" });
    host.fail(operation, code)();
    take();
    await sdk.append(ALICE, { type: "c" });
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(
      operation === "sync" ? ["a", "a", "b", "c"] : ["b", "c"],
    );
  });

  test("open can be had to fail until that is taken back", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const take = host.fail("open", "EMFILE", { identity: ALICE, times: 100 });
    await sdk.append(BOB, { type: "a" });
    for (let n = 0; n < 2; n += 1) {
      await expect(sdk.append(ALICE, { type: "a" })).rejects.toMatchObject({
        code: "LEAFLOG_WRITE_FAILED",
        cause: { code: "EMFILE" },
      });
    }
    take();
    await sdk.append(ALICE, { type: "b" });
    expect(host.entries(ALICE).map(({ type }) => type)).toEqual(["b"]);
  });

  test("operations can be had to wait", async () => {
    await using host = memoryHost();
    const sdk = createTranscriptSdk(host);
    const letGo = host.hold("write", { identity: ALICE });
    let isDone = false;
    const append = sdk.append(ALICE, { type: "a" }).then(() => {
      isDone = true;
    });
    await sdk.append(BOB, { type: "b" });
    expect(isDone).toBe(false);
    letGo();
    await append;
  });

  test.each([
    () => memoryHost({ right: [] } as never),
    () => memoryHost(null as never),
    () => memoryHost({ rights: ["write"] as never }),
    () => memoryHost().grant("read" as never),
    () => memoryHost().fail("write", "full"),
    () => memoryHost().fail("wrote" as never, "EIO"),
    () => memoryHost().fail(undefined as never, "EIO"),
    () => memoryHost().fail("write", "EIO", { times: 0 }),
    () => memoryHost().hold("write", { identity: "alice" as never }),
    () => memoryHost().text(undefined as never),
  ])("checks what it is given: %s", (call) => {
    expect(call).toThrow(expect.objectContaining({ code: "LEAFLOG_INVALID_ARGUMENT" }));
  });
});

test("the disk in memory answers as a real one", async () => {
  const fs = new MemoryFileSystem(async () => undefined);
  const codeOf = (call: Promise<unknown>) => call.then(String, ({ code }) => code);
  await fs.mkdir("/a");
  const file = await fs.open("/a/f", "create", 0o640);
  await file.write(Buffer.from("hello"));
  await file.truncate(2);
  await file.truncate(4);
  await fs.link("/a/f", "/a/g");
  await fs.rename("/a/f", "/a/h");
  await fs.mkdir("/a/d");
  const buffer = Buffer.alloc(10);
  expect(await file.read(buffer, 1, 9, 1)).toBe(3);
  expect(buffer.toString("latin1", 1, 4)).toBe("e\0\0");
  expect(await file.read(buffer, 0, 9, 4)).toBe(0);
  expect((await fs.readdir("/a")).sort()).toEqual(["d", "g", "h"]);
  expect(await fs.stat("/a/g")).toMatchObject({ kind: "file", size: 4, mode: 0o640 });
  expect((await fs.stat("/a/g")).ino).toBe((await fs.stat("/a/h")).ino);
  expect(await codeOf(fs.mkdir("/a"))).toBe("EEXIST");
  expect(await codeOf(fs.open("/a/h", "create"))).toBe("EEXIST");
  expect(await codeOf(fs.open("/a/f", "read"))).toBe("ENOENT");
  expect(await codeOf(fs.open("/b/f", "create"))).toBe("ENOENT");
  expect(await codeOf(fs.open("/a/g/f", "create"))).toBe("ENOTDIR");
  expect(await codeOf(fs.open("/a/d", "append"))).toBe("EISDIR");
  expect(await codeOf(fs.rmdir("/a"))).toBe("ENOTEMPTY");
  expect(await codeOf(fs.rmdir("/a/g"))).toBe("ENOTDIR");
  expect(await codeOf(fs.unlink("/a/d"))).toBe("EISDIR");
  expect(await codeOf(fs.readlink("/a/g"))).toBe("EINVAL");
  await fs.rename("/a", "/z");
  expect((await fs.readdir("/z")).sort()).toEqual(["d", "g", "h"]);
});
