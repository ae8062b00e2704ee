import { openTranscript } from "../transcript/open-transcript.js";
import { ensureThere, onlyFile, parse, wholeNumber } from "./arguments.js";
import type { Command } from "./command.js";
import { entryLine } from "./entry-line.js";
import { EXIT } from "./exit-code.js";
import { printableJson } from "./printable.js";

export const tail: Command = {
  usage: "tail FILE [-n N] [--json]",
  summary: "print the last N entries (10)",
  async run(args, console) {
    const { values, positionals } = parse(args, { lines: { type: "string", short: "n" } });
    const file = onlyFile(positionals, tail.usage);
    const count = wholeNumber("-n", values.lines, 10);
    await ensureThere(file);
    await using transcript = await openTranscript(file);
    for (const record of await transcript.tail(count)) {
      console.out(values.json ? printableJson(record) : entryLine(record));
    }
    return EXIT.ok;
  },
};
