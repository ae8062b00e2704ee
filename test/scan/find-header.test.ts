import { describe, expect, it } from "vitest";
import { type FoundHeader, findHeader } from "../../src/scan/find-header.js";
import { MemoryFile } from "../support/memory-file.js";

const header = (cwd = "/"): string =>
  JSON.stringify({ type: "session", version: 3, id: "s", timestamp: "t", cwd });

const find = (content: string): Promise<FoundHeader> => {
  const file = new MemoryFile(content);
  return findHeader(file, Buffer.byteLength(content));
};

describe("findHeader", () => {
  it("finds the header in the first line", async () => {
    expect(await find(`${header()}\n{"id":"a"}\n`)).toStrictEqual({
      state: "header",
      id: "s",
      version: 3,
      offset: 0,
      length: header().length,
      terminated: true,
    });
  });

  it("finds it without a newline, a version, or behind blank lines and a BOM", async () => {
    expect(await find(header())).toMatchObject({ state: "header", terminated: false });
    expect(await find('{"type":"session","id":"s"}\r\n')).toMatchObject({ version: undefined });
    expect(await find(`\n \r\n${header()}\n`)).toMatchObject({ state: "header", offset: 4 });
    expect(await find(`\ufeff${header()}\n`)).toMatchObject({ state: "header", offset: 0 });
    expect(await find(`\ufeff\n${header()}\n`)).toMatchObject({ state: "header", offset: 4 });
  });

  it.each(["", "\n", " \r\n\t\n  ", "\ufeff"])("calls %j empty", async (content) => {
    expect(await find(content)).toStrictEqual({ state: "empty" });
  });

  it.each([
    '{"type":"message","id":"a","parentId":null}',
    '{"type":"session"}',
    '{"type":"session","id":""}',
    '{"type":"session","id":7}',
    '{"type":"session","id":"s"',
    "7",
    "\u0000\u0000",
  ])("calls %j damaged", async (line) => {
    const damaged = { state: "damaged", offset: 1, length: line.length };
    expect(await find(`\n${line}\n${header()}\n`)).toStrictEqual(damaged);
    expect(await find(`\n${line}`)).toStrictEqual(damaged);
  });

  it("looks at the first bytes alone", async () => {
    const file = new MemoryFile(`${header()}\n`);
    expect(await findHeader(file, 10)).toMatchObject({ state: "damaged", length: 10 });
    expect(await findHeader(file, 0)).toStrictEqual({ state: "empty" });
  });

  it("reads 4 KiB of an ordinary file", async () => {
    const content = `${header()}\n${"{}\n".repeat(100_000)}`;
    const file = new MemoryFile(content);
    await findHeader(file, content.length);
    expect(file.bytesRead).toBe(4096);
  });

  it("reads on for a header of 300 KB, in growing chunks", async () => {
    const content = `${header("d".repeat(300_000))}\n${"{}\n".repeat(1_000_000)}`;
    for (const maxChunkBytes of [65_536, 1_048_576]) {
      const file = new MemoryFile(content);
      const found = await findHeader(file, content.length, { maxChunkBytes });
      expect(found).toMatchObject({ state: "header", id: "s" });
      expect(file.bytesRead).toBeLessThan(700_000);
      expect(file.reads).toBeLessThan(12);
    }
  });

  it("ends on request amid blank lines", async () => {
    const content = "\n".repeat(100_000);
    const controller = new AbortController();
    const searching = findHeader(new MemoryFile(content), content.length, {
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await expect(searching).rejects.toThrow("enough");
  });
});
