import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

interface Told {
  readonly resolved?: unknown;
  readonly code?: string;
  readonly message?: string;
}

test("a plugin in plain JavaScript works, and is told what is wrong and what is asked", async () => {
  const { stdout, stderr, code } = await run(
    process.execPath,
    [
      "--import",
      import.meta.resolve("tsx"),
      join(ROOT, "test/sdk/children/plain-plugin.js"),
      await tempDirectory(),
    ],
    { env: { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") } },
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const { used, ...wrong } = JSON.parse(stdout) as Record<string, Told>;
  expect(used?.resolved).toEqual(["message", "custom", "custom", "message", "custom"]);
  for (const told of Object.values(wrong)) {
    expect(told).toMatchObject({ name: "LeaflogError", code: expect.stringMatching(/^LEAFLOG_/) });
  }
  const messages = Object.entries(wrong).map(([name, { message }]) => [name, message]);
  expect(Object.fromEntries(messages)).toEqual({
    noIdentity:
      "`identity.agentId` must be a string of 1 to 1024 characters; got `undefined` (undefined)",
    path: "`identity` must be an object { agentId, sessionId }; got `/etc/passwd` (string)",
    noEntry: "JSON cannot hold this entry: an entry must be an object; got undefined",
    noType: '`type` must be a non-blank string other than "session"; got `undefined` (undefined)',
    typo: "`options` has no member `timeout` (did you mean `timeoutMs`?); it takes idempotencyKey, onIdempotencyConflict, expectedLeaf, signal, timeoutMs",
    textTimeout: "`timeoutMs` must be a whole number, 1 to 2147483647; got `5` (string)",
    oneEntry:
      "`entries` must be an array of at most 65536 elements; got `[object Object]` (object)",
    noCallback: "`run` must be a function; got `undefined` (undefined)",
    noListener: "`listener` must be a function; got `undefined` (undefined)",
    entryForOptions:
      "`options` must be an object { cursor, maxEntries, maxBytes, signal }; got `cursor` (string)",
    noMessages:
      "`messages` must be an array of at most 65536 elements; got `undefined` (undefined)",
    noHost:
      "`host` must be a TranscriptHost, such as directoryHost makes; got `undefined` (undefined)",
    noRoot:
      "`root` must be a path (a non-empty string without NUL) or a file: URL; got `undefined` (undefined)",
    textRights:
      '`rights` must be an array of "read" and "append", or a function; got `read` (string)',
    memoryTypo:
      "`options` has no member `right` (did you mean `rights`?); it takes rights, transcript, maxHoldMs, onHostError",
    noOperation: expect.stringMatching(/^`operation` must be one of "open", .*; got `wrote`/),
    noCode: "`code` must be a system's code, such as ENOSPC; got `disk full` (string)",
  });
});
