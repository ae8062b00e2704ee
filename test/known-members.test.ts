import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureKnown, memberNames } from "../src/base/known-members.js";
import { openTranscript } from "../src/index.js";
import { tempDirectory } from "./support/temp-directory.js";

interface Two {
  readonly first?: number;
  readonly second: string;
}

test("a list of members is whole, or does not compile", () => {
  const names = memberNames<Two>({ first: true, second: true });
  expect(names).toEqual(["first", "second"]);
  ensureKnown("options", { first: 1 }, names);
  // @ts-expect-error `first` is missing
  memberNames<Two>({ second: true });
  // @ts-expect-error there is no `third`
  memberNames<Two>({ first: true, second: true, third: true });
  // @ts-expect-error nobody has seen to it that this one is whole
  ensureKnown("options", {}, ["first"]);
});

test("a misspelt option of a transaction is refused before the lock is taken", async () => {
  await using transcript = await openTranscript(join(await tempDirectory(), "a.jsonl"));
  let isCalled = false;
  const run = async () => {
    isCalled = true;
  };
  await expect(transcript.transaction(run, { timeout: 5 } as object)).rejects.toMatchObject({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining("timeoutMs"),
  });
  expect(isCalled).toBe(false);
});
