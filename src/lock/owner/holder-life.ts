import { type FileStat, isUntouched } from "../../file/file-stat.js";
import type { FileSystem } from "../../file/file-system.js";
import type { LockNames } from "../file/lock-names.js";
import { readText } from "../file/lock-text.js";
import { LIFE_ASKED_EVERY_MS } from "../file/lock-times.js";
import { lockPayload } from "./lock-payload.js";
import { isNotedGone } from "./owner-note.js";
import { isGoneProcess } from "./process-life.js";

export type Life =
  /** It has the lock for as long as it lives, which it need not show. */
  | "lives"
  /** Nothing will be written by it any more. */
  | "gone"
  /** The lock's signs of life have to tell. */
  | "unknown";

/** Finds out whether whoever has a lock still runs, where that can be known: on this host. */
export class HolderLife {
  readonly #fs: FileSystem;
  readonly #names: LockNames;
  #seen: FileStat | undefined;
  #askedAt = 0;
  #life: Life = "unknown";

  constructor(fs: FileSystem, names: LockNames) {
    this.#fs = fs;
    this.#names = names;
  }

  /** @param stat the lock as it was found just now; it is asked about now and then only */
  async of(stat: FileStat): Promise<Life> {
    if (stat.kind !== "file") return "unknown";
    const now = performance.now();
    if (this.#seen === undefined || !isUntouched(this.#seen, stat)) {
      this.#seen = stat;
      this.#life = "unknown";
      // Our own locks are given back soon, most of them.
      this.#askedAt = stat.size === 0 ? now : Number.NEGATIVE_INFINITY;
    }
    if (now - this.#askedAt < LIFE_ASKED_EVERY_MS) return this.#life;
    this.#askedAt = now;
    this.#life = await this.#ask(stat);
    return this.#life;
  }

  async #ask(stat: FileStat): Promise<Life> {
    const text = await this.#textOf(stat.size > 0 ? this.#names.lock : this.#names.note);
    if (text === undefined) return "unknown";
    if (stat.size === 0) return (await isNotedGone(text, stat)) ? "gone" : "unknown";
    const payload = lockPayload(text);
    if (payload === undefined) return "unknown";
    return (await isGoneProcess(payload.pid, payload.startTime)) ? "gone" : "lives";
  }

  async #textOf(path: string): Promise<string | undefined> {
    try {
      return await readText(this.#fs, path);
    } catch {
      // Not there, or another user's: as good as a note that says nothing.
      return undefined;
    }
  }
}
