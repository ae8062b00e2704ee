#!/usr/bin/env node
import { LeaflogError } from "../base/errors.js";
import { adviceOn } from "./output/advice.js";
import type { Command, Console } from "./output/command.js";
import { EXIT, exitCodeOf, LineError, UsageError } from "./output/exit-code.js";
import { printable } from "./output/printable.js";
import { processConsole } from "./output/process-console.js";

/** Each is loaded when it is asked for: who wants a leaf need not wait for all of them. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  append: async () => (await import("./append.js")).append,
  leaf: async () => (await import("./leaf.js")).leaf,
  tail: async () => (await import("./tail.js")).tail,
  tree: async () => (await import("./tree.js")).tree,
  stats: async () => (await import("./stats/stats.js")).stats,
  verify: async () => (await import("./verify.js")).verify,
  repair: async () => (await import("./repair.js")).repair,
  migrate: async () => (await import("./migrate.js")).migrate,
  demo: async () => (await import("./demo/demo.js")).demo,
};
/** Started by other commands, not by people. */
const INNER: Record<string, () => Promise<Command>> = {
  "demo-writer": async () => (await import("./demo/demo.js")).demoWriter,
};

async function main(args: string[], console: Console): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) {
      console.note(await help());
      return EXIT.usage;
    }
    if (name === "help" || name === "--help" || name === "-h") {
      console.out(await helpOn(rest[0]));
      return EXIT.ok;
    }
    const command = await lookUp(name);
    if (rest.includes("--help") || rest.includes("-h")) {
      console.out(await helpOn(name));
      return EXIT.ok;
    }
    return await command.run(rest, console);
  } catch (error) {
    console.note(`leaflog: ${printable(describe(error))}`);
    return exitCodeOf(error);
  }
}

async function helpOn(topic: string | undefined): Promise<string> {
  if (topic === undefined) return help();
  if (topic === "json") return (await import("./json-shapes.js")).jsonHelp();
  const { usage, summary } = await lookUp(topic);
  return `usage: leaflog ${usage}\n${summary}`;
}

async function lookUp(name: string): Promise<Command> {
  for (const commands of [COMMANDS, INNER]) {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load) return load();
  }
  throw new UsageError(`no command ${name}; leaflog help lists them`);
}

async function help(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const rows = commands.map(({ usage, summary }) => `  ${usage}\n      ${summary}`);
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
