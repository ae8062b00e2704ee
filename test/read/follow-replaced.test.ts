import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { followTranscript } from "../../src/index.js";
import { soon } from "../support/fault-deadline.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const LINES = 60;

/** Longer than what is read ahead, so that a follower in the midst of it still has to read. */
function content(name: string): string {
  const lines = Array.from({ length: LINES }, (_, at) =>
    linkedLine(`${name}${at}`, at === 0 ? null : `${name}${at - 1}`, { text: name.repeat(40_000) }),
  );
  return HEADER_LINE + lines.join("");
}

const REPLACEMENTS: Record<string, (file: string) => Promise<void>> = {
  renamed: async (file) => {
    await writeFile(`${file}.new`, content("b"));
    await rename(`${file}.new`, file);
  },
  "removed and made again": async (file) => {
    await rm(file);
    await writeFile(file, content("b"));
  },
  "removed, and made again later": async (file) => {
    await rm(file);
    setTimeout(() => void writeFile(file, content("b")), 100);
  },
};

test.each(
  Object.entries(REPLACEMENTS),
)("followers whose descriptor was given up go on when the file is %s", async (_, replace) => {
  const directory = await tempDirectory();
  const files = Array.from({ length: 6 }, (_, at) => join(directory, `${at}.jsonl`));
  for (const file of files) await writeFile(file, content("a"));
  const stop = new AbortController();
  const { signal } = stop;
  const followers = files.map((file) => {
    const resets: string[] = [];
    const onReset = ({ reason }: { reason: string }) => resets.push(reason);
    const options = { from: "start", maxOpenFiles: 2, pollMs: 20, signal, onReset } as const;
    return { entries: followTranscript(file, options), resets };
  });
  // Each in the midst of its file, which has to be closed for the next to be read.
  for (const { entries } of followers) {
    for (let nth = 0; nth < 3; nth += 1) await soon(entries.next(), "a follower", 20_000);
  }
  for (const file of files) await replace(file);
  const last = async ({ entries }: (typeof followers)[number]) => {
    for (;;) {
      const { value, done } = await soon(entries.next(), "a follower", 20_000);
      if (done || value.entry?.id === `b${LINES - 1}`) return value?.entry?.id;
    }
  };
  const ends = await Promise.all(followers.map(last));
  expect(ends).toEqual(files.map(() => `b${LINES - 1}`));
  for (const { resets } of followers) {
    // Where a number was given away again and no time of birth tells, what is in the file does.
    expect(resets).toEqual([expect.stringMatching(/^(replaced|rewritten)$/)]);
  }
  stop.abort();
  await Promise.all(followers.map(({ entries }) => entries.next()));
});
