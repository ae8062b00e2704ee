import type { FormatName } from "../entry/transcript-format.js";
import { nodeFileSystem } from "../file/node-file-system.js";
import { withFile, withStat } from "../read/open-to-read.js";
import { isEntry } from "../read/read-entry.js";
import { IdSearch } from "../scan/id-search.js";
import type { ScannedLine } from "../scan/lines/scanned-line.js";
import { scanRecordsBackward } from "../scan/records/scan-records.js";
import { readLeaf } from "../transcript/read-transcript.js";
import type { Console } from "./output/command.js";
import { foundFormat } from "./output/found-format.js";
import { printable } from "./output/printable.js";

/** Bytes at the end of a file that are searched: a tenth of a second's work. */
const SEARCH_BYTES = 67_108_864;

interface Named {
  readonly format?: FormatName;
}

/**
 * Where an entry stands, in bytes, that has the leaf's id and comes before it, in the last 64 MiB of
 * the file: lines that stand there once more, as files that were joined have them, move the leaf back.
 *
 * @throws LeaflogError `LEAFLOG_READ_FAILED`
 */
export async function replayedLeaf(
  path: string,
  id: string | null,
  named: Named,
): Promise<{ readonly offset: number } | undefined> {
  if (id === null) return undefined;
  const format = await foundFormat(path, named);
  const search = new IdSearch(id);
  const passes = (line: ScannedLine): boolean => !search.mayBeIn(line);
  const source = { fileSystem: nodeFileSystem, file: path, maxEntryBytes: 1 };
  return withFile<{ offset: number } | undefined>(source, undefined, (file) =>
    withStat(file, async ({ size: to }) => {
      const offsets: number[] = [];
      await scanRecordsBackward(file, { to, lazy: passes, format }, (line) => {
        if (to - line.offset > SEARCH_BYTES) return false;
        if (passes(line)) return undefined;
        const facts = line.facts();
        if (facts.id === id && isEntry(facts)) offsets.push(line.offset);
        return offsets.length < 2;
      });
      const [, offset] = offsets;
      return offset === undefined ? undefined : { offset };
    }),
  );
}

/** Says on stderr which of two entries is the leaf. */
export function noteReplayed(console: Console, file: string, { offset }: { offset: number }): void {
  console.note(
    `leaflog: the leaf's id is also that of the entry at ${offset}: lines stand in the file once more, and the next append goes on from the last that has it; leaflog verify ${printable(file)} names them`,
  );
}

/** The same for a command that does not print the leaf. */
export async function noteIfReplayed(console: Console, file: string, named: Named): Promise<void> {
  const replayed = await replayedLeaf(file, (await readLeaf(file, named)).id, named);
  if (replayed) noteReplayed(console, file, replayed);
}
