#!/usr/bin/env node
import { LeaflogError } from "../errors.js";
import { adviceOn } from "./advice.js";
import { append } from "./append.js";
import type { Command, Console } from "./command.js";
import { demo, demoWriter } from "./demo.js";
import { EXIT, exitCodeOf, LineError, UsageError } from "./exit-code.js";
import { jsonHelp } from "./json-shapes.js";
import { leaf } from "./leaf.js";
import { migrate } from "./migrate.js";
import { printable } from "./printable.js";
import { processConsole } from "./process-console.js";
import { repair } from "./repair.js";
import { stats } from "./stats.js";
import { tail } from "./tail.js";
import { tree } from "./tree.js";
import { verify } from "./verify.js";

const COMMANDS: Record<string, Command> = {
  append,
  leaf,
  tail,
  tree,
  stats,
  verify,
  repair,
  migrate,
  demo,
};
/** Started by other commands, not by people. */
const INNER: Record<string, Command> = { "demo-writer": demoWriter };

async function main(args: string[], console: Console): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) {
      console.note(help());
      return EXIT.usage;
    }
    if (name === "help" || name === "--help" || name === "-h") {
      console.out(helpOn(rest[0]));
      return EXIT.ok;
    }
    const command = lookUp(name);
    if (rest.includes("--help") || rest.includes("-h")) {
      console.out(helpOn(name));
      return EXIT.ok;
    }
    return await command.run(rest, console);
  } catch (error) {
    console.note(`leaflog: ${printable(describe(error))}`);
    return exitCodeOf(error);
  }
}

function helpOn(topic: string | undefined): string {
  if (topic === undefined) return help();
  if (topic === "json") return jsonHelp();
  const { usage, summary } = lookUp(topic);
  return `usage: leaflog ${usage}\n${summary}`;
}

function lookUp(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name)
    ? COMMANDS[name]
    : Object.hasOwn(INNER, name)
      ? INNER[name]
      : undefined;
  if (command) return command;
  throw new UsageError(`no command ${name}; leaflog help lists them`);
}

function help(): string {
  const rows = Object.values(COMMANDS).map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
  return [
    "usage: leaflog COMMAND …",
    "",
    ...rows,
    "",
    "--json prints JSON, one document or one a line; leaflog help json tells what is in it. Data",
    "goes to stdout, the rest to stderr: on a terminal a progress bar, elsewhere a line every few",
    "seconds. NO_COLOR is respected.",
    "Exit codes: 0 ok, 1 damage, 2 usage, 3 locked, 74 I/O, 128 + n ended by signal n.",
  ].join("\n");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof LineError) return `${error.message}: ${describe(error.cause)}`;
  const said = error instanceof LeaflogError ? `${error.code}: ${adviceOn(error)}` : error.message;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${said}${cause}`;
}

process.exitCode = await main(process.argv.slice(2), processConsole());
