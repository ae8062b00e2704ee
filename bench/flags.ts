import { parseArgs } from "node:util";
import type { Form } from "./harness/question.js";

/** What the command line asks for. */
export interface Flags {
  /** Words of which a question's name has to hold one; empty for all questions. */
  readonly words: readonly string[];
  /** Arms to run; undefined for all. */
  readonly arms: readonly string[] | undefined;
  readonly form: Form;
  readonly rounds: number;
  readonly output: "text" | "json" | "markdown";
  /** Print the reach table alone. */
  readonly reach: boolean;
  /** Where to write the HTML report. */
  readonly report: string | undefined;
  /** A run to print, written by `--json`, in place of a new one. */
  readonly from: string | undefined;
  /** Where the files are written and appended to. */
  readonly directory: string | undefined;
  readonly peers: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

/** Fewer rounds make no median worth the name. */
export const ROUNDS = 7;

export const USAGE = `npm run bench -- [WORD…] [options]

  WORD               run the questions whose names hold one of the words
  --arm NAME         run this arm (may be repeated)
  --full             the long form: larger files, longer trials (or LEAFLOG_LONG=1)
  --rounds N         rounds of each series (default ${ROUNDS})
  --json             print the run as one JSON document
  --markdown         print the comparison table and the reach table in Markdown
  --reach            print the reach table alone
  --report[=FILE]    write a self-contained HTML page too (default bench/report.html)
  --from FILE        print a run that --json wrote, in place of a new one
  --directory DIR    where the files are written (default: the system's temporary directory)
  --no-peers         without what has to be installed
  --list             list the questions and their arms`;

/** A mistake in the command line. */
export class FlagError extends Error {}

/** @throws FlagError */
export function parseFlags(args: readonly string[], env: NodeJS.ProcessEnv = {}): Flags {
  const { values, positionals } = parse(args.map(withDefaultFile));
  if (values.json && values.markdown) throw new FlagError("--json or --markdown, not both");
  const rounds = values.rounds ?? String(ROUNDS);
  if (!/^[1-9]\d{0,3}$/.test(rounds)) {
    throw new FlagError(`--rounds takes a whole number, 1 to 9999; got ${rounds}`);
  }
  return {
    words: positionals,
    arms: values.arm,
    form: values.full || env.LEAFLOG_LONG === "1" ? "full" : "short",
    rounds: Number(rounds),
    output: values.json ? "json" : values.markdown ? "markdown" : "text",
    reach: values.reach ?? false,
    report: values.report,
    from: values.from,
    directory: values.directory,
    peers: values.peers ?? true,
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        arm: { type: "string", multiple: true },
        full: { type: "boolean" },
        rounds: { type: "string" },
        json: { type: "boolean" },
        markdown: { type: "boolean" },
        reach: { type: "boolean" },
        report: { type: "string" },
        from: { type: "string" },
        directory: { type: "string" },
        peers: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

/** A word after `--report` is a question's name: its file needs the equals sign. */
function withDefaultFile(arg: string): string {
  return arg === "--report" ? "--report=bench/report.html" : arg;
}
