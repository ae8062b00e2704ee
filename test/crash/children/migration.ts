import { LeaflogError, migrateTranscript } from "../../../src/index.js";
import { say } from "../../support/say.js";

// Migrates a transcript and keeps a backup.
const [file] = process.argv.slice(2) as [string];
try {
  const { backup } = await migrateTranscript(file, { backup: true });
  say(`migrated ${backup}`);
} catch (error) {
  say(error instanceof LeaflogError ? error.code : `unexpected ${error}`);
}
