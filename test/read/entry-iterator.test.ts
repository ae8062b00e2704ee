import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { readEntries } from "../../src/read/read-entries.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

const COUNT = 5000;
const IDS = Array.from({ length: COUNT }, (_, at) => `e${at}`);

async function iterate() {
  const file = join(await tempDirectory(), "t.jsonl");
  // A few lines are longer than a scan holds, so that their bodies are read on their own.
  const lines = IDS.map((id, at) =>
    linkedLine(id, null, { text: "x".repeat(at % 2000 === 1000 ? 4_300_000 : 10) }),
  );
  await writeFile(file, HEADER_LINE + lines.join(""));
  const port = new ReadPort(nodeFileSystem);
  const source = { fileSystem: port.fileSystem, file, maxEntryBytes: 64_000_000 };
  return { port, iterator: readEntries(source) };
}

describe("the iterator of entries", () => {
  it("answers calls in their order, whether they wait for each other or not", async () => {
    const { port, iterator } = await iterate();
    const ids: unknown[] = [];
    for (let done = false, round = 0; !done; round += 1) {
      const calls = Array.from({ length: 1 + (round % 7) }, () => iterator.next());
      if (round % 3 === 0) await turn();
      for (const { value } of await Promise.all(calls)) {
        if (value) ids.push(value.entry?.id);
        else done = true;
      }
    }
    expect(ids).toEqual(IDS);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(port.openFiles).toBe(0);
  });

  it("gives nothing after it was ended, and holds no file", async () => {
    for (const taken of [0, 1, 2, 1002]) {
      const { port, iterator } = await iterate();
      for (let at = 0; at < taken; at += 1) {
        expect(await iterator.next()).toMatchObject({ value: { entry: { id: IDS[at] } } });
      }
      const before = iterator.next();
      const end = iterator.return();
      const after = iterator.next();
      expect(await before).toMatchObject({ value: { entry: { id: IDS[taken] } } });
      expect(await end).toEqual({ done: true, value: undefined });
      expect(await after).toEqual({ done: true, value: undefined });
      expect(port.openFiles).toBe(0);
    }
  });
});
