import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { pluginWorld } from "../support/sdk/plugin-world.js";
import { tempDirectory } from "../support/temp-directory.js";

const PLACES = 3;

test("callbacks that do not return keep the host from none of its own transcripts", async () => {
  const { sdk, host } = await pluginWorld({ transcript: { maxOpenFiles: PLACES } });
  const own = join(await tempDirectory(), "own.jsonl");
  const begun = Array.from({ length: 3 * PLACES }, (_, n) => {
    const identity = { agentId: "greedy", sessionId: `s${n}` };
    let began: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => {
      began = resolve;
    });
    const ended = sdk
      .withWriteLock(identity, async (tx) => {
        began();
        // What needs the file in between gives its place back again.
        await tx.appendOnce({ type: "a" }, { idempotencyKey: "k" });
        for await (const _ of tx.read()) break;
        await new Promise(() => undefined);
      })
      .catch((error: { code: string }) => error.code);
    return { beginning, ended };
  });
  await Promise.all(begun.map(({ beginning }) => beginning));
  await using transcript = await openTranscript(own, { maxOpenFiles: PLACES });
  for (let n = 0; n < 5; n += 1) expect(await transcript.append({ type: "mine" })).toBeDefined();
  expect(await sdk.append({ agentId: "greedy", sessionId: "other" }, { type: "a" })).toBeDefined();
  await host.close();
  expect(new Set(await Promise.all(begun.map(({ ended }) => ended)))).toEqual(
    new Set(["LEAFLOG_CLOSED"]),
  );
});
