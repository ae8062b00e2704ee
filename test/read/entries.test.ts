import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EntriesOptions, type EntryRecord, openTranscript } from "../../src/index.js";
import { readEntries } from "../../src/read/read-entries.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { collect, modelEntries } from "../support/read/entries-model.js";
import { MemorySource } from "../support/read/memory-source.js";
import { anyTranscript } from "../support/read/random-transcript.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

async function reader(
  file: string,
  port: ReadPort = new ReadPort(),
  maxEntryBytes = 1_000_000,
): Promise<(options?: EntriesOptions) => Promise<EntryRecord[]>> {
  const transcript = await openTranscript(file, { fileSystem: port.fileSystem, maxEntryBytes });
  return (options) => collect(transcript.entries(options));
}

async function fileOf(content: string | Buffer): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, content);
  return file;
}

describe("entries", () => {
  it("are those of a naive reading, in both directions and from any offset", async () => {
    await fc.assert(
      fc.asyncProperty(anyTranscript, fc.nat(), fc.nat({ max: 90 }), async (content, at, max) => {
        const source = new MemorySource(content, max + 1);
        const read = (options?: EntriesOptions) => collect(readEntries(source, options));
        const all = modelEntries(content);
        expect(await read()).toEqual(all);
        expect(await read({ reverse: true })).toEqual([...all].reverse());
        const from = at % (content.length + 3);
        expect(await read({ from })).toEqual(all.filter(({ offset }) => offset >= from));
        const before = all.filter(({ offset, length }) => offset + length <= from);
        expect(await read({ from, reverse: true })).toEqual(before.reverse());
        expect(source.isClosed).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("are whole where a character lies across the end of a read", async () => {
    const sign = "😀é—";
    for (let shift = 0; shift < 12; shift += 1) {
      const first = linkedLine("a", null, {
        pad: "p".repeat(65_500 + shift),
        text: sign.repeat(9),
      });
      const second = linkedLine("b", "a", { pad: "q".repeat(262_080), text: sign.repeat(99) });
      const content = Buffer.from(HEADER_LINE + first + second + linkedLine("c", "b"));
      const read = await reader(await fileOf(content));
      const all = modelEntries(content);
      expect(await read()).toEqual(all);
      expect(await read({ reverse: true })).toEqual([...all].reverse());
    }
  });

  it("come with their body up to maxEntryBytes, and with what they are beyond", async () => {
    const lengths = [10, 40_000, 1_048_576, 4_500_000];
    const lines = lengths.map((length, index) =>
      linkedLine(`e${index}`, index === 0 ? null : `e${index - 1}`, {
        text: "é".repeat(length / 2),
      }),
    );
    const content = Buffer.from(HEADER_LINE + lines.join(""));
    const file = await fileOf(content);
    const all = modelEntries(content);
    for (const maxEntryBytes of [60, 50_000, 5_000_000]) {
      const expected = all.map(({ entry, offset, length }) => {
        if (length <= maxEntryBytes) return { entry, offset, length };
        const { type, id, parentId } = entry!;
        return { offset, length, oversized: { type, id, parentId } };
      });
      const read = await reader(file, new ReadPort(), maxEntryBytes);
      // Strings, for comparing such objects takes long.
      expect(JSON.stringify(await read())).toBe(JSON.stringify(expected));
      expect(JSON.stringify((await read({ reverse: true })).reverse())).toBe(
        JSON.stringify(expected),
      );
    }
  });

  it("are those of the time of the first one, whatever is appended meanwhile", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
    const transcript = await openTranscript(file);
    const ids: unknown[] = [];
    for await (const { entry } of transcript.entries()) {
      ids.push(entry?.id);
      await transcript.append({ type: "later" });
    }
    expect(ids).toEqual(["a", "b"]);
    await transcript.close();
  });

  it("leave no file open when the caller has had enough", async () => {
    const file = await fileOf(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
    const port = new ReadPort();
    const transcript = await openTranscript(file, { fileSystem: port.fileSystem });
    for await (const _ of transcript.entries()) {
      expect(port.openFiles).toBe(1);
      break;
    }
    expect(port.openFiles).toBe(0);
  });

  it("of a file that is not there are none; of a directory they cannot be read", async () => {
    const directory = await tempDirectory();
    expect(await (await reader(join(directory, "none")))()).toEqual([]);
    await mkdir(join(directory, "d"));
    const read = await reader(join(directory, "d"));
    for (const reverse of [false, true]) {
      await expect(read({ reverse })).rejects.toMatchObject({ code: "LEAFLOG_READ_FAILED" });
    }
  });

  it("end with the signal, before and in the midst", async () => {
    const lines = Array.from({ length: 9000 }, (_, at) => linkedLine(`e${at}`, null));
    const file = await fileOf(HEADER_LINE + lines.join(""));
    const port = new ReadPort();
    const transcript = await openTranscript(file, { fileSystem: port.fileSystem });
    const aborted = { code: "LEAFLOG_ABORTED", cause: "enough" };
    for (const reverse of [false, true]) {
      for (const stop of [0, 1, 2, 8000]) {
        const controller = new AbortController();
        const { signal } = controller;
        let count = 0;
        const reading = async () => {
          if (stop === 0) controller.abort("enough");
          for await (const _ of transcript.entries({ reverse, signal })) {
            count += 1;
            if (count === stop) controller.abort("enough");
          }
        };
        await expect(reading()).rejects.toMatchObject(aborted);
        expect(count).toBe(stop);
      }
    }
    expect(port.openFiles).toBe(0);
  });

  it("refuses an offset that is none", async () => {
    const transcript = await openTranscript(await fileOf(""));
    for (const from of [-1, 1.5, Number.NaN]) {
      expect(() => transcript.entries({ from })).toThrow(/`from` must be a whole number/);
    }
  });
});
