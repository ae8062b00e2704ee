// The splices of anthropics/claude-code#81843 in files of the program that it is about, and of
// another one: a record breaks off at any of its bytes, and the next one begins right there.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repairTranscript, verifyTranscript } from "../../src/index.js";
import { CODEX_LINES, claudeLine } from "../support/format-lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const STEP = 7;

/** Has a record cut at ever other bytes; what is left of the file is read by `check`. */
async function eachSplice(
  before: string,
  cut: string,
  after: string,
  check: (text: string) => void,
): Promise<void> {
  const file = join(await tempDirectory(), "session.jsonl");
  const bytes = Buffer.from(cut.trimEnd());
  for (let at = 1; at < bytes.length; at += STEP) {
    writeFileSync(
      file,
      Buffer.concat([Buffer.from(before), bytes.subarray(0, at), Buffer.from(after)]),
    );
    const { changes, movedBytes } = await repairTranscript(file, { backup: false });
    expect(changes.counts).toMatchObject({ separated: 1, moved: 1, header: 0, adopted: 0 });
    expect(movedBytes).toBe(at);
    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
    check(readFileSync(file, "utf8"));
  }
}

const content = [
  { type: "text", text: 'say "{\\"uuid\\":[1]}" \u{1f600}' },
  { type: "tool_use", id: "toolu_1", name: "Edit", input: { path: "C:\\", lines: [1, {}] } },
];

test("a splice in a session of Claude Code is undone, wherever it happened", async () => {
  const first = claudeLine("user", "a", null);
  const message = { type: "message", id: "msg_1", role: "assistant", content };
  const lost = claudeLine("assistant", "b", "a", { message });
  const next = { message: { role: "user", content } };
  const expected = first + claudeLine("user", "c", "a", next);
  await eachSplice(first, lost, claudeLine("user", "c", "b", next), (text) =>
    expect(text).toBe(expected),
  );
});

test("a splice in a rollout of Codex is undone, wherever it happened", async () => {
  const [first, lost, ...rest] = CODEX_LINES as [string, string, ...string[]];
  await eachSplice(first, lost, rest.join(""), (text) => expect(text).toBe(first + rest.join("")));
});
