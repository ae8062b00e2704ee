import { open, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type EntryRecord, openTranscript, type Transcript } from "../../src/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { collect, modelEntries } from "../support/read/entries-model.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

const KiB = 1024;
const MiB = 1024 * KiB;
/** Longer lines are passed over by a scan forwards, and read again. */
const HELD_BYTES = 4 * MiB;
/** Read beside the lines: the first ones, which tell the format. */
const LOOK_BYTES = 16 * KiB;

/** A line of so many bytes without its newline, an image or prose. */
function lineOf(id: string, length: number, prose = false): string {
  const frame = linkedLine(id, null, { text: "" }).length - 1;
  const filling = prose ? 'said \\"no\\"\\n' : "iVBORw0KGgo";
  const count = Math.ceil((length - frame) / filling.length);
  // An escape that the end cuts in two would take the quote with it.
  const text = filling
    .repeat(count)
    .slice(0, length - frame)
    .replace(/\\$/, ".");
  return linkedLine(id, null, { text: "" }).replace('""', `"${text}"`);
}

async function fileOf(...parts: (string | Buffer)[]): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, HEADER_LINE);
  const handle = await open(file, "a");
  for (const part of parts) await handle.appendFile(part);
  await handle.close();
  return file;
}

/** Comparing such strings takes long where they are in objects. */
function inShort(records: readonly EntryRecord[]): string[] {
  return records.map((record) => JSON.stringify(record));
}

async function opened(file: string): Promise<{ transcript: Transcript; port: ReadPort }> {
  const port = new ReadPort();
  return { transcript: await openTranscript(file, { fileSystem: port.fileSystem }), port };
}

describe("lines around the bounds of what is read and held", () => {
  const bounds = [256 * KiB, 512 * KiB, MiB, 2 * MiB, HELD_BYTES];
  it.each(
    bounds.flatMap((bound) => [-1, 0, 1].map((more) => bound + more)),
  )("of %i bytes are whole, in every way of reading", async (length) => {
    for (const before of [0, 100, 200 * KiB]) {
      const parts = [
        before === 0 ? "" : lineOf("before", before),
        lineOf("image", length),
        lineOf("prose", length, true),
        linkedLine("after", null),
      ];
      const content = Buffer.from(HEADER_LINE + parts.join(""));
      const file = await fileOf(...parts);
      const all = inShort(modelEntries(content));
      expect(all.length).toBe(before === 0 ? 3 : 4);
      const { transcript } = await opened(file);
      expect(inShort(await collect(transcript.entries()))).toStrictEqual(all);
      expect(inShort(await collect(transcript.entries({ reverse: true }))).reverse()).toStrictEqual(
        all,
      );
      await transcript.close();
    }
  });

  it("are read once up to what is held, and twice beyond", async () => {
    for (const [length, times] of [
      [HELD_BYTES, 1],
      [HELD_BYTES + 1, 2],
    ] as const) {
      const parts = [lineOf("a", length), linkedLine("b", null), lineOf("c", length, true)];
      const { transcript, port } = await opened(await fileOf(...parts));
      expect((await collect(transcript.entries())).length).toBe(3);
      const beside = port.bytesRead - 2 * length * times;
      expect(beside).toBeGreaterThan(0);
      expect(beside).toBeLessThan(LOOK_BYTES);
    }
  });

  it("are held one at a time, in memory that is used again", async () => {
    const count = 24;
    const parts = Array.from({ length: count }, (_, at) => lineOf(`e${at}`, 3 * MiB, at % 2 === 1));
    const { transcript } = await opened(await fileOf(...parts));
    global.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let entries = 0;
    for await (const { length } of transcript.entries()) {
      expect(length).toBe(3 * MiB);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      entries += 1;
    }
    expect(entries).toBe(count);
    // One buffer, what it grew from, and one to read ahead.
    expect(most).toBeLessThan(12 * MiB);
  });
});

describe("a long line", () => {
  it.each([2 * MiB, 6 * MiB])("that is a run of %i NULs is passed over", async (length) => {
    const lines = [lineOf("a", MiB), `${"\0".repeat(length)}\n`, lineOf("b", 2 * MiB)];
    const ragged = [`${"\0".repeat(length)}${lineOf("c", MiB)}`, linkedLine("d", null)];
    const { transcript, port } = await opened(await fileOf(...lines, ...ragged));
    const ids = (await collect(transcript.entries())).map(({ entry }) => entry?.id);
    expect(ids).toEqual(["a", "b", "d"]);
    // What is no entry is not read again, however long it is.
    const beside = port.bytesRead - (2 * length + 4 * MiB);
    expect(beside).toBeLessThan(LOOK_BYTES);
  });

  it("that is cut while it is held ends the entries before it", async () => {
    for (const reads of [3, 4, 5]) {
      const { transcript, port } = await opened(
        await fileOf(linkedLine("a", null), lineOf("b", 3 * MiB), linkedLine("c", null)),
      );
      let left = reads;
      port.before = async ({ name }) => {
        if (name === "file.read") left -= 1;
        if (left === 0) await truncate(transcript.file, MiB / 2);
      };
      const ids = (await collect(transcript.entries())).map(({ entry }) => entry?.id);
      expect(ids).toEqual(["a"]);
      expect(left).toBeLessThanOrEqual(0);
      expect(port.openFiles).toBe(0);
    }
  });

  it("that is being read is left when the signal says so", async () => {
    for (const length of [HELD_BYTES, 3 * HELD_BYTES]) {
      const { transcript, port } = await opened(
        await fileOf(linkedLine("a", null), lineOf("b", length), linkedLine("c", null)),
      );
      const controller = new AbortController();
      const ids: unknown[] = [];
      const reading = async () => {
        for await (const { entry } of transcript.entries({ signal: controller.signal })) {
          ids.push(entry?.id);
          let reads = 3;
          port.before = ({ name }) => {
            if (name === "file.read" && --reads === 0) controller.abort("enough");
          };
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: "LEAFLOG_ABORTED", cause: "enough" });
      expect(ids).toEqual(["a"]);
      expect(port.bytesRead).toBeLessThan(4 * MiB);
      expect(port).toMatchObject({ openFiles: 0, closedUnderRead: false });
    }
  });

  it("with little behind it is followed, and walked on a branch from the root", async () => {
    const image = linkedLine("b", "a", { data: "i".repeat(3 * MiB) });
    const parts = [linkedLine("a", null), image, linkedLine("c", "b")];
    const { transcript } = await opened(await fileOf(...parts));
    const all = inShort(modelEntries(Buffer.from(HEADER_LINE + parts.join(""))));
    const branch = await collect(transcript.branch(undefined, { rootFirst: true }));
    expect(inShort(branch)).toStrictEqual(all);
    const followed: EntryRecord[] = [];
    for await (const record of transcript.follow({ from: "start" })) {
      if (followed.push(record) === all.length) break;
    }
    expect(inShort(followed)).toStrictEqual(all);
    await transcript.close();
  });
});
