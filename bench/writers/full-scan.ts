import { randomUUID } from "node:crypto";
import { appendFile, open, writeFile } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setImmediate as turn } from "node:timers/promises";
import type { WriterKind } from "./writer.js";

const CHUNK_BYTES = 64 * 1024;

/**
 * What leaflog was made to replace, built anew: it reads the file from its first byte to its last
 * to find the leaf of each append, in chunks, with the line that a chunk cuts carried over as text,
 * each line parsed once to be counted and once for its id.
 */
export const fullScanWriter: WriterKind = {
  format: "transcript",
  about: "a replica of the first asynchronous append: reads all of the file each time",
  open: async (file) => {
    let queue: Promise<unknown> = ensureHeader(file);
    await queue;
    return {
      append: (message) => {
        const next = queue.then(async () => {
          const parentId = (await findLeaf(file)) ?? null;
          const timestamp = new Date().toISOString();
          const entry = { type: "message", id: randomUUID(), parentId, timestamp, message };
          await appendFile(file, `${JSON.stringify(entry)}\n`);
        });
        queue = next;
        return next;
      },
      close: async () => {
        await queue;
      },
    };
  },
};

async function ensureHeader(file: string): Promise<void> {
  const header = { type: "session", version: 3, id: randomUUID(), cwd: "/" };
  try {
    await writeFile(file, `${JSON.stringify(header)}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

async function findLeaf(file: string): Promise<string | undefined> {
  const handle = await open(file, "r");
  try {
    const decoder = new StringDecoder("utf8");
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let carried = "";
    let leaf: string | undefined;
    let entries = 0;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      const lines = (carried + decoder.write(chunk.subarray(0, bytesRead))).split(/\r?\n/);
      carried = lines.pop() as string;
      for (const line of lines) {
        if (isEntry(line)) entries += 1;
        leaf = linkedId(line) ?? leaf;
      }
      await turn();
    }
    return entries > 0 ? leaf : undefined;
  } finally {
    await handle.close();
  }
}

function isEntry(line: string): boolean {
  return line !== "" && JSON.parse(line).type !== "session";
}

function linkedId(line: string): string | undefined {
  if (line === "") return undefined;
  const { type, id, parentId } = JSON.parse(line);
  return type !== "session" && typeof id === "string" && parentId !== undefined ? id : undefined;
}
