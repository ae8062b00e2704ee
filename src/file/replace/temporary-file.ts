import { randomUUID } from "node:crypto";
import { LeaflogError } from "../../base/errors.js";
import type { FileStat } from "../file-stat.js";
import type { FileSystem, OpenFile } from "../file-system.js";
import { keepRights } from "./keep-rights.js";
import { writeWhole } from "./write-whole.js";

/** Where the new content of a file goes. */
export interface ReplacementOutput {
  /** Bytes written so far. */
  readonly size: number;
  /**
   * Writes all of `buffer` behind what was written before. One call is one `write(2)`, and a second
   * one where that took a part only.
   *
   * @throws LeaflogError `LEAFLOG_WRITE_FAILED`, also when not all of it could be written
   */
  write(buffer: Buffer): Promise<void>;
}

const SUFFIX = ".leaflog-tmp";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a name in a transcript's directory is one of its temporary files. */
export function isTemporary(name: string, base: string): boolean {
  return (
    name.startsWith(`${base}.`) &&
    name.endsWith(SUFFIX) &&
    UUID.test(name.slice(base.length + 1, -SUFFIX.length))
  );
}

/**
 * A file that is being written beside a transcript, under a name that says so; nobody else may read
 * it until it has the rights of the transcript.
 */
export class TemporaryFile implements ReplacementOutput {
  readonly #fs: FileSystem;
  readonly #file: string;
  readonly #path: string;
  #open: OpenFile | undefined;
  #isNamed = false;
  #size = 0;

  private constructor(fs: FileSystem, file: string, path: string, open: OpenFile) {
    this.#fs = fs;
    this.#file = file;
    this.#path = path;
    this.#open = open;
  }

  static async create(fs: FileSystem, file: string): Promise<TemporaryFile> {
    const path = `${file}.${randomUUID()}${SUFFIX}`;
    try {
      return new TemporaryFile(fs, file, path, await fs.open(path, "create", 0o600));
    } catch (cause) {
      throw writeFailed(file, "the temporary file beside the transcript cannot be created", cause);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Gives it the rights of the transcript. @throws LeaflogError `LEAFLOG_ATTRIBUTES` */
  async adopt(stat: FileStat): Promise<void> {
    await this.#attempt("owner and mode cannot be kept", (open) =>
      keepRights(this.#fs, { open, path: this.#path }, { file: this.#file, stat }),
    );
  }

  async write(buffer: Buffer): Promise<void> {
    await this.#attempt("the temporary file cannot be written", async (open) => {
      await writeWhole(open, buffer);
      this.#size += buffer.length;
    });
  }

  async seal(): Promise<void> {
    await this.#attempt("the temporary file cannot be synced", (open) => open.sync());
    await this.#attempt("the temporary file cannot be closed", async (open) => {
      this.#open = undefined;
      await open.close();
    });
  }

  /**
   * Gives it a name of its own, which may be that of another file; lasting when the directory is
   * synced.
   *
   * @throws the operating system's error
   */
  async take(name: string): Promise<void> {
    await this.#fs.rename(this.#path, name);
    this.#isNamed = true;
  }

  /** @param reason the error that led here, if any: it is the one to report */
  async discard(reason?: unknown): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    try {
      await open?.close();
    } catch (cause) {
      if (reason === undefined) throw this.#failed("the temporary file cannot be closed", cause);
    }
    if (this.#isNamed) return;
    try {
      await this.#fs.unlink(this.#path);
    } catch (cause) {
      if (reason === undefined) throw this.#failed("the temporary file cannot be removed", cause);
    }
  }

  async #attempt(refusal: string, run: (open: OpenFile) => Promise<void>): Promise<void> {
    try {
      await run(this.#open as OpenFile);
    } catch (cause) {
      if (cause instanceof LeaflogError) throw cause;
      throw this.#failed(refusal, cause);
    }
  }

  #failed(refusal: string, cause: unknown): LeaflogError {
    return writeFailed(this.#file, `${refusal}; the transcript is as it was`, cause);
  }
}

function writeFailed(file: string, message: string, cause: unknown): LeaflogError {
  return new LeaflogError("LEAFLOG_WRITE_FAILED", message, { file, cause });
}
