import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { LeaflogError } from "../../base/errors.js";
import { isErrno } from "../../file/is-errno.js";
import { UsageError } from "../output/exit-code.js";
import { PAGE_START } from "./page.js";

/** For transcripts are private, as a rule. */
const MODE = 0o600;

/**
 * Writes a page, whole or not at all. Another file than a page that leaflog wrote is not replaced:
 * it may be a transcript.
 *
 * @throws UsageError for a file that is something else; LeaflogError `LEAFLOG_WRITE_FAILED`
 */
export async function writePage(path: string, pieces: AsyncIterable<string>): Promise<void> {
  await ensurePage(path);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await attempt(path, () => open(temporary, "wx", MODE));
    try {
      for await (const piece of pieces) await attempt(path, () => file.writeFile(piece));
    } finally {
      await file.close();
    }
    await attempt(path, () => rename(temporary, path));
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
}

async function ensurePage(path: string): Promise<void> {
  const start = Buffer.alloc(PAGE_START.length);
  try {
    const file = await open(path, "r");
    try {
      await file.read(start, 0, start.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw failed(path, error);
  }
  if (start.toString("utf8") === PAGE_START) return;
  throw new UsageError(`${path} is there, and is no page of leaflog: name another file`);
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, cause: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_WRITE_FAILED", `the page ${path} cannot be written`, { cause });
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch {
    // The failure before is the one to report, and there may be nothing to remove.
  }
}
