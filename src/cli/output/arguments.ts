import { type ParseArgsConfig, parseArgs } from "node:util";
import { readFailed } from "../../base/failures.js";
import { type FormatName, TRANSCRIPT_FORMATS } from "../../entry/transcript-format.js";
import { nodeFileSystem } from "../../file/node-file-system.js";
import { ensureRegular } from "../../file/regular-file.js";
import { UsageError } from "./exit-code.js";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T & { json: { type: "boolean" } }; allowPositionals: true }>
>;

/** Parses a command's arguments; `--json` is understood by every command. */
export function parse<const T extends Options>(args: string[], options: T): Parsed<T> {
  return parseArgs({
    args,
    options: { ...options, json: { type: "boolean" } },
    allowPositionals: true,
  }) as Parsed<T>;
}

/** The option of commands that read a transcript of any format. */
export const FORMAT = { format: { type: "string" } } as const;

/** What `--format` names; undefined leaves it to the file. */
export function formatOption(format: string | undefined): { format?: FormatName } {
  if (format === undefined) return {};
  const [first, ...others] = Object.keys(TRANSCRIPT_FORMATS) as [FormatName, ...FormatName[]];
  return { format: choice("--format", format, [first, ...others]) };
}

/** The one FILE of a command. */
export function onlyFile(positionals: readonly string[], usage: string): string {
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UsageError(`usage: leaflog ${usage}`);
  return file;
}

/** Reading commands name a file that is there; a missing one is a mistake in the path. */
export async function ensureThere(file: string): Promise<void> {
  try {
    ensureRegular(await nodeFileSystem.stat(file));
  } catch (error) {
    throw readFailed(file, error);
  }
}

export function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${name} takes a whole number; got ${text}`);
}

/** The first of `allowed` by default. */
export function choice<const T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly [T, ...T[]],
): T {
  if (text === undefined) return allowed[0];
  const found = allowed.find((candidate) => candidate === text);
  if (found !== undefined) return found;
  throw new UsageError(`${name} takes ${allowed.join(", ")}; got ${text}`);
}
