import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendResult } from "../append/call/append-result.js";
import type { EntryInput } from "../entry/entry.js";
import { EntryText } from "../entry/entry-text.js";
import { isErrno } from "../file/is-errno.js";
import { openTranscript } from "../transcript/open-transcript.js";
import { FORMAT, formatOption, onlyFile, parse, wholeNumber } from "./output/arguments.js";
import type { Command, Console } from "./output/command.js";
import { EXIT, UsageError } from "./output/exit-code.js";
import { many } from "./output/figures.js";
import { type InputLine, inputLines } from "./output/input-lines.js";
import { OrderedResults } from "./output/ordered-results.js";
import { printable, printableJson } from "./output/printable.js";

export const append: Command = {
  usage: "append FILE [--batch] [--synced] [--timeout MS] [--format NAME] [--json]",
  summary: "append entries or messages, one JSON object a line on stdin; prints their ids",
  async run(args, console) {
    const { values, positionals } = parse(args, {
      ...FORMAT,
      batch: { type: "boolean" },
      synced: { type: "boolean" },
      timeout: { type: "string" },
    });
    const file = onlyFile(positionals, append.usage);
    const timeoutMs = wholeNumber("--timeout", values.timeout, 30_000);
    const print = (result: AppendResult) =>
      console.out(values.json ? printableJson(result) : printable(result.id));
    await using transcript = await openTranscript(file, {
      ...formatOption(values.format),
      durability: values.synced ? "synced" : "written",
    });
    const directory = dirname(transcript.file);
    const isNew = !(await isThere(directory));
    const told = () => {
      if (isNew) console.note(`leaflog: the directory ${printable(directory)} was made`);
    };
    if (values.batch) {
      const entries: EntryInput[] = [];
      for await (const { entry } of readInputs(console)) entries.push(entry);
      for (const result of await transcript.appendBatch(entries, { timeoutMs })) print(result);
      if (entries.length > 0) told();
      return EXIT.ok;
    }
    const results = new OrderedResults(print);
    try {
      for await (const { line, entry } of readInputs(console)) {
        await results.add(line, transcript.append(entry, { timeoutMs }));
        if (results.failed) break;
      }
      await results.finish();
    } catch (error) {
      // What was appended before a bad line stays appended, so its ids are owed.
      await results.finish().finally(() => noteAppended(results.printed, console));
      throw error;
    } finally {
      if (results.printed > 0) told();
    }
    return EXIT.ok;
  },
};

function noteAppended(entries: number, console: Console): void {
  if (entries === 0) return;
  const what = many(entries, "entry was", "entries were");
  console.note(
    `leaflog: ${what} appended all the same, those whose ids are printed: do not send them again`,
  );
}

async function isThere(directory: string): Promise<boolean> {
  try {
    await stat(directory);
    return true;
  } catch (error) {
    // Whatever else is wrong with it, the append says.
    return !isErrno(error, "ENOENT");
  }
}

/** Entries as they are; an object with a `role` and no `type` is a message. */
async function* readInputs(console: Console): AsyncGenerator<{ line: number; entry: EntryInput }> {
  for await (const input of inputLines(console.stdin)) {
    const { number: line, text } = input;
    if (text.trim() === "") continue;
    const value = parseLine(input);
    // What was read is not what is written: a number may be more than JavaScript can hold.
    if ("type" in value) yield { line, entry: new EntryText(text) };
    else if ("role" in value) yield { line, entry: EntryText.ofMessage(text) };
    else throw new UsageError(`line ${line}: neither an entry (type) nor a message (role)`);
  }
}

function parseLine({ number, text }: InputLine): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`line ${number}: no JSON: ${(cause as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`line ${number}: not an object`);
}
