import type { Leaf } from "../read/current-leaf.js";
import { readLeaf } from "../transcript/read-transcript.js";
import { ensureThere, FORMAT, formatOption, onlyFile, parse } from "./output/arguments.js";
import type { Command } from "./output/command.js";
import { EXIT } from "./output/exit-code.js";
import { printable, printableJson } from "./output/printable.js";
import { noteReplayed, replayedLeaf } from "./replayed-leaf.js";

/** What `--json` prints. */
export interface ShownLeaf extends Leaf {
  /** The entry before the leaf that has its id, in bytes from the start of the file. */
  readonly replayed?: { readonly offset: number };
}

export const leaf: Command = {
  usage: "leaf FILE [--format NAME] [--json]",
  summary: "print the id of the entry that the next append would name as parent",
  async run(args, console) {
    const { values, positionals } = parse(args, FORMAT);
    const file = onlyFile(positionals, leaf.usage);
    await ensureThere(file);
    const named = formatOption(values.format);
    const found = await readLeaf(file, named);
    const replayed = await replayedLeaf(file, found.id, named);
    const shown: ShownLeaf = { ...found, ...(replayed && { replayed }) };
    console.out(values.json ? printableJson(shown) : printable(String(found.id)));
    if (replayed) noteReplayed(console, file, replayed);
    if (found.damagedLine) {
      const { offset, length } = found.damagedLine;
      const where = `the last line (${length} bytes at ${offset}) is no JSON`;
      console.note(`leaflog: ${where}; leaflog repair ${printable(file)} tells what can be saved`);
    }
    if (found.id === null) console.note(`leaflog: the transcript is ${found.shape}: no leaf`);
    return EXIT.ok;
  },
};
