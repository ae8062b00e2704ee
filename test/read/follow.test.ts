import { appendFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import {
  type FollowOptions,
  openTranscript,
  type Reset,
  type Transcript,
} from "../../src/index.js";
import { systemError } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { Following } from "../support/read/following.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

/** Long enough for a change to be seen that must not be shown. */
const QUIET_MS = 80;

const batchLine = (id: string, index: number, size: number) =>
  linkedLine(id, null, { batch: { index, size } });

let file: string;
let port: ReadPort;
let transcript: Transcript;

beforeEach(async (context) => {
  file = join(await tempDirectory(context), "t.jsonl");
  port = new ReadPort();
  transcript = await openTranscript(file, { fileSystem: port.fileSystem, maxEntryBytes: 10_000 });
  // Registered last, so that it runs before the directory goes.
  context.onTestFinished(async () => {
    expect(port).toMatchObject({ openFiles: 0, watches: 0, forbidden: [] });
  });
});

/** Follows, and is under way when it resolves. */
async function follow(options: FollowOptions = {}): Promise<Following> {
  const looked = new Promise<void>((resolve) => {
    port.before = (call) => {
      if (call.name === "file.close") resolve();
    };
  });
  const following = new Following(transcript, options);
  onTestFinished(async () => void (await following.stop()));
  const over = new AbortController();
  const { signal } = over;
  // Where there is no file, none is closed.
  const late = delay(200, undefined, { signal }).catch(() => undefined);
  await Promise.race([looked, late]);
  over.abort();
  return following;
}

describe("follow", () => {
  it("gives what is appended from now on, from a cursor on, or from the start", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
    const { before, after } = await transcript.page({ limit: 1, direction: "backward" });
    const now = await follow();
    const start = await follow({ from: "start" });
    const last = await follow({ cursor: before });
    const behind = await follow({ cursor: after });
    await appendFile(file, linkedLine("c", "b"));
    await appendFile(file, linkedLine("d", "c"));
    expect(await now.until(2)).toEqual(["c", "d"]);
    expect(await behind.until(2)).toEqual(["c", "d"]);
    expect(await last.until(3)).toEqual(["b", "c", "d"]);
    expect(await start.until(4)).toEqual(["a", "b", "c", "d"]);
    expect(now.records[1]).toMatchObject({
      entry: { parentId: "c" },
      length: linkedLine("d", "c").length - 1,
    });
  });

  it("waits for a file that is not there yet", async () => {
    const following = await follow({ pollMs: 20 });
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    expect(await following.until(1)).toEqual(["a"]);
    await appendFile(file, linkedLine("b", "a"));
    expect(await following.until(2)).toEqual(["a", "b"]);
  });

  it("holds back half a line", async () => {
    await writeFile(file, HEADER_LINE);
    const following = await follow();
    const line = linkedLine("a", null);
    for (const part of [line.slice(0, 9), line.slice(9, -1)]) {
      await appendFile(file, part);
      await delay(QUIET_MS);
      expect(following.seen).toEqual([]);
    }
    await appendFile(file, "\n");
    expect(await following.until(1)).toEqual(["a"]);
  });

  it("searches half a line that is long no further than is new", async () => {
    await writeFile(file, HEADER_LINE);
    const following = await follow({ pollMs: 5 });
    await appendFile(file, '{"id":"long","parentId":null,"text":"');
    for (let count = 0; count < 40; count += 1) {
      await appendFile(file, "x".repeat(100_000));
      await delay(10);
    }
    const read = port.bytesRead;
    expect(read).toBeLessThan(3 * 4_000_000);
    await appendFile(file, `"}\n${linkedLine("next", null)}`);
    expect(await following.until(2)).toEqual(["long", "next"]);
    expect(following.records[0]?.oversized).toEqual({ id: "long", parentId: null });
  });

  it("finds a line that takes the place of half a long one that was cut back", async () => {
    await writeFile(file, HEADER_LINE);
    const following = await follow();
    await appendFile(file, "x".repeat(100_000));
    await delay(QUIET_MS);
    await truncate(file, HEADER_LINE.length);
    await appendFile(file, linkedLine("a", null));
    expect(await following.until(1)).toEqual(["a"]);
  });

  it("goes on behind what it has given when the rest is cut off in the midst of that", async () => {
    const long = linkedLine("long", null, { text: "x".repeat(1_500_000) });
    const longer = linkedLine("longer", null, { text: "x".repeat(4_500_000) });
    const first = HEADER_LINE + linkedLine("a", null);
    for (const rest of [long, long + long, longer, linkedLine("b", null).repeat(20_000)]) {
      await writeFile(file, first + rest);
      const whole = await openTranscript(file, { fileSystem: port.fileSystem });
      const seen: unknown[] = [];
      let appended: Promise<void> | undefined;
      const signal = AbortSignal.timeout(20_000);
      const onReset = () => void seen.push("reset");
      for await (const { entry } of whole.follow({ from: "start", signal, onReset, pollMs: 20 })) {
        seen.push(entry?.id);
        if (entry?.id === "n") break;
        if (appended !== undefined) continue;
        await truncate(file, first.length);
        // Only when it has noticed does something new come.
        appended = delay(100).then(() => appendFile(file, linkedLine("n", null)));
      }
      const given = seen.filter((id) => id !== "b");
      // What it had read ahead of the cut may come all the same; the cut is then told of.
      expect([
        ["a", "n"],
        ["a", "reset", "a", "n"],
      ]).toContainEqual(given);
      if (rest.startsWith(long)) expect(seen).toEqual(["a", "n"]);
    }
  });

  it("goes on when a line is cut off between being found and being read", async () => {
    const first = HEADER_LINE + linkedLine("a", null);
    const text = "x".repeat(4_500_000);
    await writeFile(file, first + linkedLine("long", null, { text }));
    let cut = false;
    port.before = async ({ name, args }) => {
      // Its body is the one thing that is read at once.
      if (name !== "file.read" || (args[2] as number) < text.length || cut) return;
      cut = true;
      await truncate(file, first.length);
    };
    const whole = await openTranscript(file, { fileSystem: port.fileSystem });
    const following = new Following(whole, { from: "start", pollMs: 20 });
    await following.until(1);
    while (!cut) await delay(5);
    await appendFile(file, linkedLine("b", "a"));
    expect(await following.until(2)).toEqual(["a", "b"]);
    await following.stop();
  });

  it("gives a batch when all of it is there", async () => {
    await writeFile(file, HEADER_LINE + batchLine("a", 0, 3));
    const following = await follow();
    await appendFile(file, batchLine("b", 1, 3));
    await delay(QUIET_MS);
    expect(following.seen).toEqual([]);
    await appendFile(file, batchLine("c", 2, 3) + batchLine("d", 0, 2));
    await following.until(3);
    await delay(QUIET_MS);
    expect(following.seen).toEqual(["a", "b", "c"]);
    await appendFile(file, batchLine("e", 1, 2));
    expect(await following.until(5)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("gives what there is of a batch that was interrupted", async () => {
    await writeFile(file, HEADER_LINE);
    const following = await follow();
    const cases = [
      batchLine("a", 0, 2) + linkedLine("b", null),
      `${batchLine("c", 0, 3) + batchLine("d", 1, 3)}{"torn\n`,
      batchLine("e", 1, 3) + batchLine("f", 1, 3) + batchLine("g", 2, 3),
      batchLine("h", 0, 2) + batchLine("i", 0, 2),
    ];
    for (const lines of cases) {
      await appendFile(file, lines);
      await delay(QUIET_MS);
    }
    expect(await following.until(8)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"]);
    await appendFile(file, batchLine("j", 1, 2));
    expect((await following.until(10)).slice(8)).toEqual(["i", "j"]);
  });

  it("begins anew when the file is cut, replaced, rewritten, or removed and made again", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", null));
    const following = await follow({ from: "start", pollMs: 50 });
    await following.until(2);
    await truncate(file, 0);
    await following.until(2);
    await appendFile(file, HEADER_LINE + linkedLine("c", null));
    await following.until(4);
    await writeFile(`${file}.new`, HEADER_LINE + linkedLine("d", null));
    await rename(`${file}.new`, file);
    await following.until(6);
    await writeFile(file, HEADER_LINE + linkedLine("e", null), { flag: "r+" });
    await following.until(8);
    await rm(file);
    await delay(QUIET_MS);
    await writeFile(file, HEADER_LINE + linkedLine("f", null));
    await following.until(10);
    await appendFile(file, linkedLine("g", "f"));
    const seen = await following.until(11);
    expect(seen.slice(0, 2)).toEqual(["a", "b"]);
    expect(["!truncated c", "!rewritten c"]).toContain(seen.slice(2, 4).join(" "));
    expect(seen.slice(4)).toEqual(["!replaced", "d", "!rewritten", "e", "!replaced", "f", "g"]);
  });

  it("begins anew when what it has only just shown is written over, with the same size and time", async () => {
    const line = (id: string): string => HEADER_LINE + linkedLine(id, null);
    await writeFile(file, line("a"));
    const { mtime } = await stat(file);
    // Within the tick of the clock that files get their times from.
    vi.spyOn(Date, "now").mockReturnValue(mtime.getTime() + 1);
    onTestFinished(() => void vi.restoreAllMocks());
    const resets: string[] = [];
    const seen: string[] = [];
    const noteReset = ({ reason }: Reset) => void resets.push(reason);
    const options = { from: "start", pollMs: 20, onReset: noteReset } as const;
    for await (const { entry } of transcript.follow(options)) {
      seen.push(entry?.id as string);
      if (seen.length === 3) break;
      await writeFile(file, line("bc".charAt(seen.length - 1)), { flag: "r+" });
      await utimes(file, mtime, mtime);
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect(resets).toEqual(["rewritten", "rewritten"]);
  });

  it("tells each time that the file is not there, and once", async () => {
    const onMissing = vi.fn();
    const following = await follow({ from: "start", pollMs: 20, onMissing });
    for (const [round, id] of ["a", "b"].entries()) {
      await vi.waitFor(() => expect(onMissing).toHaveBeenCalledTimes(round + 1), 20_000);
      await delay(QUIET_MS);
      expect(onMissing).toHaveBeenCalledTimes(round + 1);
      await writeFile(file, HEADER_LINE + linkedLine(id, null));
      // Behind the removal there is a reset.
      await following.until(round * 2 + 1);
      await rm(file);
    }
    expect(following.seen).toEqual(["a", "!replaced", "b"]);
  });

  it("goes on behind a file that is moved away and back", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const following = await follow({ from: "start", pollMs: 20 });
    await following.until(1);
    await rename(file, `${file}.away`);
    await delay(QUIET_MS);
    await appendFile(`${file}.away`, linkedLine("b", "a"));
    await rename(`${file}.away`, file);
    expect(await following.until(2)).toEqual(["a", "b"]);
  });

  it("misses no change while it begins to watch a file that came back", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const following = await follow({ from: "start" });
    await following.until(1);
    let back = false;
    port.before = async ({ name }) => {
      if (name !== "watch" || back) return;
      back = true;
      await appendFile(file, linkedLine("b", "a"));
    };
    await rename(file, `${file}.away`);
    await delay(QUIET_MS);
    await rename(`${file}.away`, file);
    expect(await following.until(2)).toEqual(["a", "b"]);
  });

  it("begins anew with a cursor that is none", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const following = await follow({ cursor: "none" });
    expect(await following.until(2)).toEqual(["!invalid-cursor", "a"]);
  });

  it("misses no change, in whatever step of a look it comes", async () => {
    await writeFile(file, HEADER_LINE);
    let expected = 0;
    for (let step = 1; step <= 12; step += 1) {
      const following = await follow({ from: "start" });
      await following.until(expected);
      let count = 0;
      let striking: Promise<void> | undefined;
      // Half a line lets it look and find nothing; the rest comes in the midst of that.
      const half = "half a line";
      port.before = async () => {
        count += 1;
        if (count !== step) return;
        expected += 1;
        striking = appendFile(file, `\n${linkedLine(`e${expected}`, null)}`);
        await striking;
      };
      await appendFile(file, half);
      await delay(40);
      await following.until(expected, 5000);
      port.before = () => undefined;
      await striking;
      await following.until(expected, 5000);
      await following.stop();
      expect(following.seen).toEqual(Array.from({ length: expected }, (_, at) => `e${at + 1}`));
    }
    expect(expected).toBeGreaterThan(4);
  });

  it("looks now and then where the system does not tell of changes", async () => {
    await writeFile(file, HEADER_LINE);
    const { watch: _, ...blind } = nodeFileSystem;
    transcript = await openTranscript(file, { fileSystem: blind });
    const following = await follow({ pollMs: 20 });
    await appendFile(file, linkedLine("a", null));
    expect(await following.until(1)).toEqual(["a"]);
    await following.stop();
    port.before = ({ name }) => {
      if (name === "watch") throw systemError("ENOSPC");
    };
    transcript = await openTranscript(file, { fileSystem: port.fileSystem });
    const other = new Following(transcript, { pollMs: 20, from: "start" });
    await appendFile(file, linkedLine("b", "a"));
    expect(await other.until(2)).toEqual(["a", "b"]);
    await other.stop();
  });

  it("does not open a file that has not changed since it was shown", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const calls: string[] = [];
    port.before = ({ name }) => {
      calls.push(name);
    };
    const following = new Following(transcript, { pollMs: 1, from: "start" });
    expect(await following.until(1)).toEqual(["a"]);
    const looks = async (count: number) => {
      calls.length = 0;
      await vi.waitUntil(() => calls.filter((name) => name === "stat").length >= count, 20_000);
    };
    // The first look after the entry was shown may be at a file that is not known to be read.
    await looks(5);
    await looks(20);
    expect(new Set(calls)).toEqual(new Set(["stat"]));
    await following.stop();
  });

  it("ends with the signal, close or the caller, and leaves nothing behind", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const controller = new AbortController();
    controller.abort();
    for await (const _ of transcript.follow({ signal: controller.signal })) expect.unreachable();
    for await (const _ of transcript.follow({ from: "start" })) break;
    const waiting = await follow();
    await waiting.stop();
    const closed = await follow({ from: "start" });
    await closed.until(1);
    await transcript.close();
    await expect(closed.until(2)).rejects.toThrow("waited in vain");
    expect(port).toMatchObject({ openFiles: 0, watches: 0 });
    expect(timers()).toBe(before);
  });

  it("rejects when the file cannot be read, and leaves nothing behind", async () => {
    await writeFile(file, HEADER_LINE + linkedLine("a", null));
    for (const failing of ["stat", "open", "file.stat", "file.read", "file.close"]) {
      let count = 0;
      port.before = ({ name }) => {
        if (name !== failing) return;
        count += 1;
        if (count === 2) throw systemError("EIO");
      };
      const reading = async () => {
        const signal = AbortSignal.timeout(5000);
        for await (const _ of transcript.follow({ from: "start", signal, pollMs: 5 })) {
          await appendFile(file, linkedLine("b", "a"));
        }
      };
      await expect(reading(), failing).rejects.toMatchObject({ code: "LEAFLOG_READ_FAILED" });
      expect(port.watches).toBe(0);
      expect(port.openFiles, failing).toBe(0);
    }
    port.before = () => undefined;
  });
});
