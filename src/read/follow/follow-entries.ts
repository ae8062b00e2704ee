import type { EntryRecord } from "../../entry/entry.js";
import { WorkPace } from "../../scan/lines/work-pace.js";
import type { Reset } from "../cursor.js";
import { LineBlocks } from "../line-blocks.js";
import { type MalformedLineOptions, tellMalformed } from "../malformed-line.js";
import { meetEntry, type TextOption, UnreadEntry } from "../read-entry.js";
import type { ReadSource } from "../read-source.js";
import { FileAlarm } from "./file-alarm.js";
import { Follower } from "./follower.js";

const POLL_MS = 500;

/** Options of `follow`. */
export interface FollowOptions extends MalformedLineOptions, TextOption {
  /** Where to begin, as a page tells it: `after` for what is newer than the page. */
  readonly cursor?: string;
  /** Where to begin without a cursor. @default "end": with what is appended from now on */
  readonly from?: "start" | "end";
  /**
   * Told before the entries of another content begin to come, from its start: the file was
   * replaced, cut or rewritten, or the cursor does not fit it.
   */
  readonly onReset?: (reset: Reset) => void;
  /** Told when the file is not there, at the first look or after one that found it. */
  readonly onMissing?: () => void;
  /**
   * Milliseconds between two looks at the file where the system does not tell of changes.
   * @default 500
   */
  readonly pollMs?: number;
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a transcript as they are appended, by whomever, until the signal or the caller
 * ends the iteration. Goes on when the file is replaced, cut, removed and made again, or not there
 * yet.
 *
 * A last line without its newline is held back until it has one. So is a batch until its last entry
 * is there, or something else stands behind it: then it has been interrupted, and what there is of
 * it comes as it is. With `from: "end"` the end is that of the first look, which comes with the
 * first `next`; to miss nothing, take the cursor from `page`.
 *
 * While `next` waits, the signal alone ends it: `return` would wait too. Between two looks nothing is
 * held but the system's watch on the file and a timer, which keep the process alive.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`, `LEAFLOG_UNKNOWN_FORMAT`
 */
export async function* followEntries(
  source: ReadSource,
  options: FollowOptions = {},
): AsyncGenerator<EntryRecord, void, undefined> {
  const { cursor, from = "end", onReset, onMissing, pollMs = POLL_MS, signal } = options;
  const alarm = new FileAlarm(source.fileSystem, source.file, signal);
  const start = cursor === undefined ? from : { cursor };
  const follower = new Follower(source, alarm, start, signal);
  const pace = new WorkPace();
  try {
    while (!signal?.aborted) {
      const reason = follower.takeReset();
      if (reason) onReset?.({ reason });
      alarm.reset();
      const growth = await follower.look();
      if (follower.takeLoss()) onMissing?.();
      if (growth === undefined) {
        if (!follower.isReset) await alarm.wait(pollMs);
        continue;
      }
      let shown = growth.from;
      let failure: { readonly error: unknown } | undefined;
      let blocks: LineBlocks | undefined;
      try {
        const { file, format } = growth;
        blocks = await LineBlocks.start(file, source.maxEntryBytes, { ...growth, signal });
        for (let block = await blocks.next(); block; block = await blocks.next()) {
          pace.restart();
          for (const line of block) {
            if (pace.isDue(line.length)) await pace.rest();
            if (signal?.aborted) return;
            // Its newline has been cut off since it was seen.
            if (!line.terminated) break;
            const met = meetEntry(line, source.maxEntryBytes, format, options);
            if (met) yield met instanceof UnreadEntry ? await met.read(file) : met;
            else tellMalformed(line, options);
            shown = line.offset + line.length + 1;
          }
        }
      } catch (error) {
        failure = { error };
      } finally {
        await blocks?.end();
        await follower.leave(growth, shown, failure);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    alarm.close();
  }
}
