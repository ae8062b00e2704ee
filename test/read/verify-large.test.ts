import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import type { FileSystem, OpenFile } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { verifyFile } from "../../src/read/verify/verify.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const MB = 1_000_000;
const OPTIONS = { header: "required", maxEntries: 16_777_216 } as const;

/** A port with one file, whose bytes are made as they are read. */
function madeFile(size: number, fill: (buffer: Buffer, position: number) => void): FileSystem {
  const stat: FileStat = {
    kind: "file",
    dev: 1n,
    ino: 1n,
    size,
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    birthtimeNs: 0n,
  };
  const file = {
    read: async (buffer: Buffer, offset: number, length: number, position: number) => {
      const bytes = Math.max(0, Math.min(length, size - position));
      fill(buffer.subarray(offset, offset + bytes), position);
      return bytes;
    },
    stat: async () => stat,
    close: async () => undefined,
  };
  return { open: async () => file as unknown as OpenFile } as unknown as FileSystem;
}

/** Highest use of memory outside the heap and inside it while `run` is under way, in bytes. */
async function growth(run: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

/** Milliseconds of processor time between two turns of the event loop, above a quarter. */
async function slicesOf(run: () => Promise<void>): Promise<number[]> {
  const slices: number[] = [];
  let running = true;
  let last = cpuMs();
  const turn = (): void => {
    const now = cpuMs();
    if (now - last > 0.25) slices.push(now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await run();
  } finally {
    running = false;
  }
  return slices;
}

/** Of this thread, where that is told: other programs' work is not to count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

/** Lines of one length, each with its number as id and the one before as parent. */
const LINE = 100;

function line(at: number): string {
  const id = (n: number): string => String(n).padStart(9, "0");
  return linkedLine(id(at), at === 1 ? null : id(at - 1))
    .trimEnd()
    .padEnd(LINE - 1);
}

function fillChain(buffer: Buffer, position: number): void {
  let at = Math.floor(position / LINE);
  let skip = position % LINE;
  for (let filled = 0; filled < buffer.length; skip = 0, at += 1) {
    const text = at === 0 ? HEADER_LINE.trimEnd().padEnd(LINE - 1) : line(at);
    filled += Buffer.from(`${text}\n`).copy(buffer, filled, skip);
  }
}

describe("what does not grow with the file", () => {
  test("is memory, for a line of any length", async () => {
    const begin = Buffer.from(`${HEADER_LINE}{"type":"message","id":"a","parentId":null,"text":"`);
    const size = 600 * MB;
    const fs = madeFile(size, (buffer, position) => {
      buffer.fill("x");
      if (position < begin.length) begin.copy(buffer, 0, position);
      const end = Buffer.from('"}\n');
      const at = size - end.length - position;
      if (at < buffer.length) end.copy(buffer, Math.max(0, at), Math.max(0, -at));
    });
    const grown = await growth(async () => {
      const report = await verifyFile(fs, "/made", OPTIONS);
      expect(report).toMatchObject({ ok: true, lines: 2, leaf: { id: "a" } });
    });
    expect(grown).toBeLessThan(64 * MB);
  });

  test("is memory, for zeros of any length", async () => {
    const record = Buffer.from(linkedLine("a", null));
    const size = 300 * MB;
    const fs = madeFile(size, (buffer, position) => {
      buffer.fill(0);
      if (position < HEADER_LINE.length) Buffer.from(HEADER_LINE).copy(buffer, 0, position);
      const at = size - record.length - position;
      if (at < buffer.length) record.copy(buffer, Math.max(0, at), Math.max(0, -at));
    });
    const grown = await growth(async () => {
      const { malformed } = await verifyFile(fs, "/made", OPTIONS);
      expect(malformed).toMatchObject({ total: 1, records: 1, signatures: { nul: 1 } });
    });
    expect(grown).toBeLessThan(64 * MB);
  });
});

test("an entry takes some 36 bytes of memory", async () => {
  const count = 700_000;
  const fs = madeFile((count + 1) * LINE, fillChain);
  const grown = await growth(async () => {
    const report = await verifyFile(fs, "/made", OPTIONS);
    expect(report).toMatchObject({
      ok: true,
      counts: { linked: count },
      links: { branchLength: count, branchWhole: true, roots: { total: 1 } },
    });
  });
  expect(grown).toBeLessThan(64 * MB + count * 40);
});

test("the event loop has its turns", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  const lines = Array.from({ length: 100_000 }, (_, at) => line(at + 1));
  const broken = `${lines.slice(0, 300).join("")}\n`.repeat(60);
  writeFileSync(file, `${HEADER_LINE}${lines.join("\n")}\n${broken}${"\0".repeat(20 * MB)}`);
  const slices = await slicesOf(async () => {
    const report = await verifyFile(nodeFileSystem, file, OPTIONS);
    expect(report.malformed.signatures).toMatchObject({ fused: 60, nul: 1 });
  });
  expect(slices.length).toBeGreaterThan(50);
  // The garbage collector's work counts as ours.
  const long = slices.filter((ms) => ms > 8);
  expect(long.length).toBeLessThan(slices.length / 20);
});

test("reads the file once, the end of it apart", async () => {
  const file = join(await tempDirectory(), "t.jsonl");
  const lines = Array.from({ length: 20_000 }, (_, at) => line(at + 1));
  const content = `${HEADER_LINE}${lines.join("\n")}\n`;
  writeFileSync(file, content);
  let bytes = 0;
  const fs = interceptedFileSystem(async ({ name }, run) => {
    const result = await run();
    if (name === "file.read") bytes += result as number;
    return result;
  });
  await verifyFile(fs, file, OPTIONS);
  expect(bytes).toBeLessThan(content.length + 200_000);
});
