#!/usr/bin/env node
import { LeaflogError } from "../errors.js";
import { append } from "./append.js";
import type { Command, Console } from "./command.js";
import { demo, demoWriter } from "./demo.js";
import { EXIT, exitCodeOf, LineError, UsageError } from "./exit-code.js";
import { leaf } from "./leaf.js";
import { migrate } from "./migrate.js";
import { printable } from "./printable.js";
import { tail } from "./tail.js";
import { verify } from "./verify.js";

const COMMANDS: Record<string, Command> = { append, leaf, tail, verify, migrate, demo };
/** Started by other commands, not by people. */
const INNER: Record<string, Command> = { "demo-writer": demoWriter };

async function main(args: string[], console: Console): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    if (name !== undefined) console.out(help());
    else console.note(help());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  try {
    const command = lookUp(name);
    if (rest.includes("--help") || rest.includes("-h")) {
      console.out(`usage: leaflog ${command.usage}\n${command.summary}`);
      return EXIT.ok;
    }
    return await command.run(rest, console);
  } catch (error) {
    console.note(`leaflog: ${printable(describe(error))}`);
    return exitCodeOf(error);
  }
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
    "--json prints JSON, one document or one a line. Data goes to stdout, the rest to stderr.",
    "Exit codes: 0 ok, 1 damage, 2 usage, 3 locked, 74 I/O.",
  ].join("\n");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof LineError) return `${error.message}: ${describe(error.cause)}`;
  const code = error instanceof LeaflogError ? `${error.code}: ` : "";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${code}${error.message}${cause}`;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads no further, as `head` does, has all it wanted; appends go on.
  if (error.code === "EPIPE") return;
  process.stderr.write(`leaflog: stdout: ${error.message}\n`);
  process.exit(EXIT.io);
});

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  watched: process.stderr.isTTY === true && process.env.CI === undefined,
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
});
