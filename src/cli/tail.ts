import type { EntryRecord } from "../entry/entry.js";
import { openTranscript } from "../transcript/open-transcript.js";
import type { Transcript } from "../transcript/transcript.js";
import {
  ensureThere,
  FORMAT,
  formatOption,
  onlyFile,
  parse,
  wholeNumber,
} from "./output/arguments.js";
import type { Command, Console } from "./output/command.js";
import { entryLine } from "./output/entry-line.js";
import { EXIT } from "./output/exit-code.js";
import { foundFormat } from "./output/found-format.js";
import { MalformedNotes } from "./output/malformed-notes.js";
import { printableJson, printableText } from "./output/printable.js";
import { noteIfReplayed } from "./replayed-leaf.js";

export const tail: Command = {
  usage: "tail FILE [-n N] [-f] [--format NAME] [--json]",
  summary: "print the last N entries (10); with -f also what is appended, until interrupted",
  async run(args, console) {
    const { values, positionals } = parse(args, {
      ...FORMAT,
      lines: { type: "string", short: "n" },
      follow: { type: "boolean", short: "f" },
    });
    const file = onlyFile(positionals, tail.usage);
    const count = wholeNumber("-n", values.lines, 10);
    const named = formatOption(values.format);
    await ensureThere(file);
    await using transcript = await openTranscript(file, named);
    const format = await foundFormat(transcript.file, named);
    const print = (record: EntryRecord): void =>
      console.out(values.json ? recordJson(record) : entryLine(record, format));
    const notes = new MalformedNotes(file, console);
    if (values.follow) await follow(transcript, count, console, print, notes);
    else {
      const records = await transcript.tail(count, { onMalformed: notes.meet, text: true });
      records.forEach(print);
      notes.total();
      await noteIfReplayed(console, file, named);
    }
    return EXIT.ok;
  },
};

/** With the entry as it stands in the file: a number may be more than JavaScript can hold. */
function recordJson({ text, entry, ...record }: EntryRecord): string {
  if (text === undefined) return printableJson(record);
  return `{"entry":${printableText(text.trim())},${printableJson(record).slice(1)}`;
}

/** The last entries, and without a gap those to come. */
async function follow(
  transcript: Transcript,
  count: number,
  console: Console,
  print: (record: EntryRecord) => void,
  notes: MalformedNotes,
): Promise<void> {
  await console.watchReader?.();
  const ends = [console.interruption?.(), console.unread].filter((signal) => signal !== undefined);
  const { entries, after: cursor } = await transcript.page({
    direction: "backward",
    limit: Math.max(1, count),
    maxBytes: Number.MAX_SAFE_INTEGER,
    onMalformed: notes.meet,
    text: true,
  });
  if (count > 0) {
    entries.forEach(print);
    notes.total();
  }
  const records = transcript.follow({
    cursor,
    signal: AbortSignal.any(ends),
    onMalformed: notes.tell,
    text: true,
    onReset: ({ reason }) =>
      console.note(`leaflog: the transcript was ${reason}; it comes from its start`),
    onMissing: () => console.note("leaflog: the transcript is gone; waiting for it"),
  });
  for await (const record of records) {
    print(record);
    await console.drained?.();
  }
}
