import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";

test("a new file is as the first call wants it that is written, not the first that is refused", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  const refused = { sessionId: "refused", cwd: "/refused", mode: 0o644 };
  await using one = await openTranscript(file, refused);
  await using other = await openTranscript(file, { sessionId: "mine", cwd: "/mine", mode: 0o600 });
  const conflict = one.append({ type: "a" }, { expectedLeaf: "nobody" });
  const written = other.append({ type: "b" });
  const late = one.append({ type: "c" });
  await expect(conflict).rejects.toMatchObject({ code: "LEAFLOG_LEAF_CONFLICT" });
  expect(await written).toMatchObject({ parentId: null });
  await late;
  expect(await other.header()).toMatchObject({ id: "mine", cwd: "/mine" });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("calls that are refused all make no file", async () => {
  const file = join(await tempDirectory(), "a.jsonl");
  await using transcript = await openTranscript(file);
  const calls = [1, 2].map(() => transcript.append({ type: "a" }, { expectedLeaf: "nobody" }));
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({ code: "LEAFLOG_LEAF_CONFLICT" });
  }
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
});
