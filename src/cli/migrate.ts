import type { MigrationReport } from "../migration/migration.js";
import { migrateTranscript } from "../transcript/migrate-transcript.js";
import {
  ensureThere,
  FORMAT,
  formatOption,
  onlyFile,
  parse,
  wholeNumber,
} from "./output/arguments.js";
import type { Command } from "./output/command.js";
import { EXIT } from "./output/exit-code.js";
import { printable, printableJson } from "./output/printable.js";
import { withProgress } from "./output/progress.js";
import { noteStillOpen } from "./output/still-open.js";

export const migrate: Command = {
  usage: "migrate FILE [--backup] [--timeout MS] [--format NAME] [--json]",
  summary: "link the entries of a linear transcript of any size; every other byte stays",
  async run(args, console) {
    const { values, positionals } = parse(args, {
      ...FORMAT,
      backup: { type: "boolean" },
      timeout: { type: "string" },
    });
    const file = onlyFile(positionals, migrate.usage);
    const timeoutMs = wholeNumber("--timeout", values.timeout, 30_000);
    const format = formatOption(values.format);
    await ensureThere(file);
    const backup = values.backup ?? false;
    const signal = console.interruption?.();
    const report = await withProgress(console, "migrating", (onProgress) =>
      migrateTranscript(file, {
        ...format,
        backup,
        lock: { timeoutMs },
        onProgress,
        ...(signal && { signal }),
      }),
    );
    console.out(values.json ? printableJson(report) : printable(describe(report)));
    noteStillOpen(report, console);
    if (report.malformed > 0) console.note(`leaflog: ${report.malformed} malformed lines kept`);
    return EXIT.ok;
  },
};

function describe({ changed, migrated, entries, backup }: MigrationReport): string {
  if (!changed) return "nothing to migrate";
  const original = backup === undefined ? "" : `; the original is ${backup}`;
  return `${migrated} of ${entries} entries migrated${original}`;
}
