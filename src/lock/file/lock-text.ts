import type { FileSystem } from "../../file/file-system.js";

const MAX_BYTES = 4096;

/** The first 4 KiB of a small file. Rejects with the operating system's error. */
export async function readText(fs: FileSystem, path: string): Promise<string> {
  const file = await fs.open(path, "read");
  try {
    const buffer = Buffer.alloc(MAX_BYTES);
    return buffer.toString("utf8", 0, await file.read(buffer, 0, MAX_BYTES, 0));
  } finally {
    await file.close();
  }
}
