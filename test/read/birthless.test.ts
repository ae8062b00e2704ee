import { appendFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { followTranscript, openTranscript, readPage } from "../../src/index.js";
import { birthless, SHOWN } from "../support/birthless.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

// Systems that keep no birth time show nothing in its place, or the change time, which every append
// moves. Neither makes another file of a transcript that is only appended to.

describe.each(Object.entries(SHOWN))("where %s stands for the time of birth", (_, shown) => {
  const fileSystem = birthless(shown);

  test("a cursor stays valid while the transcript is only appended to", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file, { fileSystem });
    await transcript.append({ type: "a" });
    let { after } = await readPage(file, { fileSystem });
    for (let n = 0; n < 3; n += 1) {
      const { id } = await transcript.append({ type: "b" });
      await new Promise((resolve) => setTimeout(resolve, 20));
      const page = await readPage(file, { fileSystem, cursor: after });
      expect(page.reset).toBe(undefined);
      expect(page.entries.map(({ entry }) => entry?.id)).toEqual([id]);
      after = page.after;
    }
  });

  test("what is followed is told once", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await using transcript = await openTranscript(file, { fileSystem });
    const told: unknown[] = [];
    const ended = new AbortController();
    const following = (async () => {
      const options = { fileSystem, from: "start", signal: ended.signal, pollMs: 10 } as const;
      const onReset = () => told.push("reset");
      for await (const { entry } of followTranscript(file, { ...options, onReset })) {
        told.push(entry?.id);
      }
    })();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.push((await transcript.append({ type: "a" })).id);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await expect.poll(() => told.length).toBeGreaterThanOrEqual(ids.length);
    ended.abort();
    await following;
    expect(told).toEqual(ids);
  });

  test("another file of the same number is told by what stands in it", async () => {
    const file = join(await tempDirectory(), "a.jsonl");
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const { ino } = await stat(file);
    const { after } = await readPage(file, { fileSystem });
    await rm(file);
    await writeFile(file, `${HEADER_LINE}${linkedLine("b", null)}${linkedLine("c", "b")}`);
    // Where another number came, it shows by that.
    const reason = (await stat(file)).ino === ino ? "rewritten" : "replaced";
    const page = await readPage(file, { fileSystem, cursor: after });
    expect(page.reset).toEqual({ reason });
    expect(page.entries.map(({ entry }) => entry?.id)).toEqual(["b", "c"]);
  });

  test("another file that takes the name is another, and one that is cut is cut", async () => {
    const directory = await tempDirectory();
    const file = join(directory, "a.jsonl");
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const { after } = await readPage(file, { fileSystem });
    await writeFile(join(directory, "b"), HEADER_LINE + linkedLine("a", null));
    await rename(join(directory, "b"), file);
    expect((await readPage(file, { fileSystem, cursor: after })).reset?.reason).toBe("replaced");
    const next = (await readPage(file, { fileSystem })).after;
    await writeFile(file, HEADER_LINE);
    const { reset } = await readPage(file, { fileSystem, cursor: next });
    expect(reset?.reason).toBe("truncated");
  });

  test("appends go on behind what another program appended, and after a replacement", async () => {
    const directory = await tempDirectory();
    const file = join(directory, "a.jsonl");
    const lock = { idleMs: 500 };
    await using transcript = await openTranscript(file, { fileSystem, lock });
    const { id } = await transcript.append({ type: "a" });
    await appendFile(file, linkedLine("foreign", id));
    expect(await transcript.append({ type: "b" })).toMatchObject({ parentId: "foreign" });
    await writeFile(join(directory, "b"), HEADER_LINE + linkedLine("new", null));
    await rename(join(directory, "b"), file);
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "new" });
    await rm(file);
    await writeFile(file, HEADER_LINE + linkedLine("newer", null));
    expect(await transcript.append({ type: "d" })).toMatchObject({ parentId: "newer" });
  });
});
