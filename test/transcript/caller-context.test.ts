import { AsyncLocalStorage } from "node:async_hooks";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrateTranscript, onTranscriptUpdate, openTranscript } from "../../src/index.js";
import { mirrorMessages } from "../../src/mirror/index.js";
import { createTranscriptSdk } from "../../src/sdk/index.js";
import { memoryHost } from "../../src/sdk/testing/index.js";
import { linearLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const caller = new AsyncLocalStorage<string>();
const CALLERS = Array.from({ length: 20 }, (_, n) => `caller ${n}`);

/** Runs `work` for all callers at once, each in a context of its own. */
const forAll = (work: (name: string) => Promise<void>) =>
  Promise.all(CALLERS.map((name) => caller.run(name, () => work(name))));

test("the callback of a transaction runs in the context of who called it", async () => {
  await using transcript = await openTranscript(join(await tempDirectory(), "t.jsonl"));
  await forAll(async (name) => {
    await transcript.append({ type: "custom" });
    await transcript.transaction(async (tx) => {
      expect(caller.getStore()).toBe(name);
      await transcript.leaf();
      expect(caller.getStore()).toBe(name);
      tx.append({ type: "custom" });
    });
    expect(caller.getStore()).toBe(name);
  });
});

test("so do the callback of a plugin, and the hooks of a mirror", async () => {
  const host = memoryHost({ rights: ["append"] });
  const sdk = createTranscriptSdk(host);
  const identity = { agentId: "a", sessionId: "s" };
  const seen: string[] = [];
  await forAll(async (name) => {
    await sdk.withWriteLock(identity, async (tx) => {
      expect(caller.getStore()).toBe(name);
      await tx.append({ type: "custom" });
    });
    const note = <T>(value: T): T => {
      seen.push(`${name}: ${caller.getStore()}`);
      return value;
    };
    const messages = [{ role: "user", content: name }];
    const hooks = { identityOf: () => note(name), beforeWrite: note };
    await sdk.mirror(identity, { messages, scope: name, ...hooks });
  });
  expect(seen.length).toBeGreaterThanOrEqual(CALLERS.length * 2);
  for (const line of seen) expect(line.split(": ")[1]).toBe(line.split(": ")[0]);
  await sdk.close();
});

test("so do those who are told of a migration's progress", async () => {
  const directory = await tempDirectory();
  const file = join(directory, "t.jsonl");
  await writeFile(file, `{"type":"session","id":"s"}\n${linearLine()}`);
  await using transcript = await openTranscript(file, { linear: "raw" });
  const told: (string | undefined)[] = [];
  const appended = caller.run("appender", () => transcript.append({ type: "custom" }));
  const onProgress = () => void told.push(caller.getStore());
  const migrated = caller.run("migrator", () => migrateTranscript(file, { onProgress }));
  await Promise.all([appended, migrated]);
  expect(new Set(told)).toEqual(new Set(["migrator"]));
});

test("a listener is called in the context in which it subscribed", async () => {
  await using transcript = await openTranscript(join(await tempDirectory(), "t.jsonl"));
  const told: (string | undefined)[] = [];
  const end = caller.run("subscriber", () =>
    onTranscriptUpdate(() => void told.push(caller.getStore())),
  );
  await forAll(async () => void (await transcript.append({ type: "custom" })));
  await mirrorMessages(transcript, { messages: [{ role: "user", content: "x" }], scope: "s" });
  await transcript.flush();
  await transcript.close();
  end();
  expect(told).toEqual(Array.from({ length: CALLERS.length + 1 }, () => "subscriber"));
});
