import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openTranscript, readPage, repairTranscript, verifyTranscript } from "../src/index.js";
import { mirrorMessages } from "../src/mirror/index.js";
import { directoryHost } from "../src/sdk/index.js";
import { HEADER_LINE, linkedLine } from "./support/lines.js";
import { PATH_CALLS } from "./support/path-calls.js";
import { tempDirectory } from "./support/temp-directory.js";

type Call = (file: string, options: never) => unknown;

/** A misspelt member, what it is taken for, and who takes it. */
const CASES: readonly [name: string, wrong: object, meant: string, call: Call][] = [
  ["openTranscript", { durabilty: "synced" }, "durability", PATH_CALLS.openTranscript],
  ["lock", { lock: { stalems: 5000 } }, "staleMs", PATH_CALLS.openTranscript],
  ["queue", { queue: { maxEntry: 5 } }, "maxEntries", PATH_CALLS.openTranscript],
  ["append", { idempotencykey: "k" }, "idempotencyKey", appending("append")],
  ["appendMessage", { expectedLeave: null }, "expectedLeaf", appending("appendMessage")],
  ["appendBatch", { timeoutMS: 5 }, "timeoutMs", appending("appendBatch")],
  ["flush", { synch: true }, "sync", appending("flush")],
  ["readLeaf", { fomat: "pi" }, "format", PATH_CALLS.readLeaf],
  ["readHeader", { signals: 1 }, "", PATH_CALLS.readHeader],
  ["readEntries", { revers: true }, "reverse", PATH_CALLS.readEntries],
  ["readTail", { maxByte: 5 }, "maxBytes", PATH_CALLS.readTail],
  ["readEntry", { singal: 5 }, "signal", PATH_CALLS.readEntry],
  ["readBranch", { rootfirst: true }, "rootFirst", PATH_CALLS.readBranch],
  ["readPage", { limits: 5 }, "limit", PATH_CALLS.readPage],
  ["followTranscript", { curser: "x" }, "cursor", PATH_CALLS.followTranscript],
  ["snapshotTranscript", { sgnal: 5 }, "signal", PATH_CALLS.snapshotTranscript],
  ["verifyTranscript", { onprogress: 5 }, "onProgress", PATH_CALLS.verifyTranscript],
  ["repairTranscript", { dryrun: true }, "dryRun", PATH_CALLS.repairTranscript],
  ["migrateTranscript", { backups: true }, "backup", PATH_CALLS.migrateTranscript],
  ["mirrorMessages", { redacted: String }, "redact", mirroring],
  ["directoryHost", { root: "r", rights: [], maxHold: 5 }, "maxHoldMs", (_, o) => directoryHost(o)],
];

function appending(name: "append" | "appendMessage" | "appendBatch" | "flush"): Call {
  return async (file, options) => {
    await using transcript = await openTranscript(file);
    if (name === "flush") return transcript.flush(options);
    if (name === "appendBatch") return transcript.appendBatch([{ type: "x" }], options);
    if (name === "append") return transcript.append({ type: "x" }, options);
    return transcript.appendMessage({ role: "user" }, options);
  };
}

function mirroring(file: string, options: object) {
  return mirrorMessages(file, { messages: [], scope: "s", ...options });
}

test.each(CASES)("%s refuses a member that there is not", async (_, wrong, meant, call) => {
  const directory = await tempDirectory();
  const file = join(directory, "a.jsonl");
  await writeFile(file, HEADER_LINE + linkedLine("a", null));
  const error = await (async () => call(file, wrong as never))().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
  if (meant !== "") {
    expect(error).toMatchObject({ message: expect.stringContaining(`did you mean \`${meant}\``) });
  }
  expect(await readdir(directory)).toEqual(["a.jsonl"]);
});

test("options that are no object are refused, and so is one that is far from all", async () => {
  for (const options of [null, 5, "x", []]) {
    await expect(openTranscript("a.jsonl", options as never)).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
    });
  }
  const far = openTranscript("a.jsonl", { somethingElse: 1 } as never);
  await expect(far).rejects.toMatchObject({
    message: expect.not.stringContaining("did you mean"),
  });
});

test("a working directory that is gone is needed for relative paths alone", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  // Loads what an append needs: to find modules is the loader's, and takes a directory.
  await using first = await openTranscript(file);
  await first.append({ type: "x" });
  const gone = Object.assign(new Error("ENOENT: uv_cwd"), { code: "ENOENT" });
  const cwd = vi.spyOn(process, "cwd").mockImplementation(() => {
    throw gone;
  });
  try {
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "x" });
    expect((await readPage(file)).entries).toHaveLength(2);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
    await repairTranscript(file, { dryRun: true });
    for (const call of [openTranscript, readPage, verifyTranscript]) {
      const refused = call("a.jsonl");
      await expect(refused).rejects.toMatchObject({ code: "LEAFLOG_READ_FAILED", cause: gone });
    }
  } finally {
    cwd.mockRestore();
  }
});
