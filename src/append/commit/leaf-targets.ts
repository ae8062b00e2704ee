import { isSameFile } from "../../file/file-stat.js";
import type { FileSystem, FileToRead } from "../../file/file-system.js";
import { isErrno } from "../../file/is-errno.js";
import { stillStands, type Tail, unreadable } from "../../scan/end/tail.js";
import { idsPresent } from "../../scan/ids-present.js";
import type { AppendCall } from "../call/append-call.js";

/** What may be searched with the lock held: a few milliseconds' worth. */
const LOCKED_BYTES = 1_048_576;

/** What was found in a file up to an end that was seen with the lock held. */
interface Searched {
  readonly tail: Tail;
  /** The ids that were looked for, and of those the ones that are there. */
  readonly asked: ReadonlySet<string>;
  readonly found: ReadonlySet<string>;
}

/**
 * Looks up the entries that `leaf` entries of a call name: all of them in one pass. A large file is
 * gone through without the lock, and with it only what is new since.
 */
export class LeafTargets {
  readonly #fs: FileSystem;
  readonly #path: string;
  /** Of the last {@link readAhead}, until the call for which it was made looks them up. */
  #searched: Searched | undefined;

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
  }

  /** Whether so much is to be read for a call that it should be done without the lock. */
  isBehind(call: AppendCall, tail: Tail): boolean {
    const before = this.#searched;
    const knows = before && isSameFile(before.tail.stat, tail.stat) && before.tail.end <= tail.end;
    const ids = targetsOf(call);
    const isKnown = knows && [...ids].every((id) => before.asked.has(id));
    return ids.size > 0 && tail.size - (isKnown ? before.tail.end : 0) > LOCKED_BYTES;
  }

  /**
   * Searches, without the lock, up to an end that was seen with it.
   *
   * @param wanted on a no it stops, and nothing is known
   * @returns false when it was given up
   * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`
   */
  async readAhead(call: AppendCall, tail: Tail, wanted: () => boolean): Promise<boolean> {
    try {
      const file = await this.#fs.open(this.#path, "read");
      try {
        // Another file by now: what there is to be read is seen with the lock held.
        if (!isSameFile(await file.stat(), tail.stat)) return true;
        const asked = targetsOf(call);
        const { format, end: to } = tail;
        const found = await idsPresent(file, asked, { to, format, wanted });
        const { tornTail: _, ...settled } = tail;
        if (!wanted()) return false;
        this.#searched = { tail: settled, asked, found };
        return true;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isErrno(error, "ENOENT")) return true;
      throw unreadable(this.#path, error);
    }
  }

  /**
   * Which of the entries that a call's `leaf` entries name are there, for who has the lock.
   *
   * @param tail as of the last look
   * @throws LeaflogError `LEAFLOG_LEAF_UNREADABLE`
   */
  async find(call: AppendCall, file: FileToRead, tail: Tail): Promise<ReadonlySet<string>> {
    const before = this.#searched;
    this.#searched = undefined;
    const { size: to, format } = tail;
    try {
      const stands = before && (await stillStands(file, tail.stat, before.tail));
      const from = stands && before.tail.format === format ? before.tail.end : 0;
      const found = new Set<string>();
      const unknown = new Set<string>();
      for (const id of targetsOf(call)) {
        if (from > 0 && before?.found.has(id)) found.add(id);
        else unknown.add(id);
      }
      // Ids that were not looked for before are looked for in all of it.
      const isNew = from > 0 && [...unknown].every((id) => before?.asked.has(id));
      const present = await idsPresent(file, unknown, { from: isNew ? from : 0, to, format });
      for (const id of present) found.add(id);
      return found;
    } catch (error) {
      throw unreadable(this.#path, error);
    }
  }
}

/** The ids that a call's `leaf` entries name and that no entry before them in the call has. */
function targetsOf(call: AppendCall): Set<string> {
  const own = new Set<string>();
  const targets = new Set<string>();
  for (const { type, id, targetId } of call.entries) {
    if (type === "leaf" && typeof targetId === "string" && !own.has(targetId)) {
      targets.add(targetId);
    }
    own.add(id);
  }
  return targets;
}
