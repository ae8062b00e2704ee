import { readLeaf } from "../transcript/read-transcript.js";
import { ensureThere, FORMAT, formatOption, onlyFile, parse } from "./arguments.js";
import type { Command } from "./command.js";
import { EXIT } from "./exit-code.js";
import { printable, printableJson } from "./printable.js";

export const leaf: Command = {
  usage: "leaf FILE [--format NAME] [--json]",
  summary: "print the id of the entry that the next append would name as parent",
  async run(args, console) {
    const { values, positionals } = parse(args, FORMAT);
    const file = onlyFile(positionals, leaf.usage);
    await ensureThere(file);
    const found = await readLeaf(file, formatOption(values.format));
    console.out(values.json ? printableJson(found) : printable(String(found.id)));
    if (found.damagedLine) {
      const { offset, length } = found.damagedLine;
      const where = `the last line (${length} bytes at ${offset}) is no JSON`;
      console.note(`leaflog: ${where}; leaflog repair ${printable(file)} tells what can be saved`);
    }
    if (found.id === null) console.note(`leaflog: the transcript is ${found.shape}: no leaf`);
    return EXIT.ok;
  },
};
