import { writeSync } from "node:fs";
import { LeaflogError, migrateTranscript } from "../../../src/index.js";

// Migrates a transcript and keeps a backup.
const [file] = process.argv.slice(2) as [string];
try {
  const { backup } = await migrateTranscript(file, { backup: true });
  writeSync(1, `migrated ${backup}\n`);
} catch (error) {
  writeSync(1, `${error instanceof LeaflogError ? error.code : `unexpected ${error}`}\n`);
}
