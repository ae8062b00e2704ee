import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { mirrorMessages } from "../../src/mirror/index.js";
import { deferred } from "../support/deferred.js";
import { interceptedFileSystem, systemError } from "../support/intercepted-file-system.js";
import { readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const hello = { role: "user", content: "hello" };
const key = { idempotencyKey: "k" };

test("a key whose write failed is free: nothing of it counts as appended", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  let full = true;
  const fileSystem = interceptedFileSystem(async (call, run) => {
    if (!full || call.name !== "file.write" || call.path !== file) return run();
    const bytes = call.args[0] as Buffer;
    return run([bytes.subarray(0, bytes.length - 10)]);
  });
  await using transcript = await openTranscript(file, { fileSystem });
  const outcomes = await Promise.allSettled([
    transcript.appendMessage(hello, key),
    transcript.appendMessage(hello, key),
  ]);
  expect(outcomes).toMatchObject([
    { status: "rejected", reason: { code: "LEAFLOG_WRITE_FAILED" } },
    { status: "rejected", reason: { code: "LEAFLOG_WRITE_FAILED" } },
  ]);
  const messages = [hello, { ...hello, content: "more" }];
  const mirror = () => mirrorMessages(transcript, { messages, scope: "s" });
  await expect(mirror()).rejects.toMatchObject({ code: "LEAFLOG_WRITE_FAILED" });
  full = false;
  expect(await transcript.appendMessage(hello, key)).toMatchObject({ appended: true });
  expect(await transcript.appendMessage(hello, key)).toMatchObject({ appended: false });
  expect(await mirror()).toMatchObject({ appended: 2 });
  expect(await mirror()).toMatchObject({ appended: 0 });
  expect(await readChain(file)).toHaveLength(3);
});

test("what another writer writes and cuts back again never counts", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  await using transcript = await openTranscript(file);
  await transcript.appendMessage(hello, { idempotencyKey: "before" });
  const before = (await stat(file)).size;
  await transcript.flush();

  const written = deferred();
  const doomed = deferred();
  const fileSystem = interceptedFileSystem(async (call, run) => {
    if (call.name !== "file.write" || call.path !== file) return run();
    await run();
    written.resolve();
    await doomed.promise;
    throw systemError("EIO");
  });
  await using other = await openTranscript(file, { fileSystem });
  const failing = other.appendMessage(hello, key);
  await written.promise;
  // The key stands in the file now, in bytes that will not stay.
  expect((await stat(file)).size).toBeGreaterThan(before);
  const append = transcript.appendMessage(hello, key);
  const mirror = mirrorMessages(transcript, {
    messages: [hello],
    scope: "s",
    identityOf: () => "one",
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  doomed.resolve();
  await expect(failing).rejects.toMatchObject({ code: "LEAFLOG_WRITE_FAILED", cutBack: true });
  expect(await append).toMatchObject({ appended: true });
  expect(await mirror).toMatchObject({ appended: 1 });
  expect(await readChain(file)).toHaveLength(3);
});
