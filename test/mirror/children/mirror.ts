import { mirrorMessages } from "../../../src/mirror/index.js";
import { sourceMessages } from "../../support/mirror/source-messages.js";

// Mirrors the messages of some sources, a part of each in turn, and exits with 0 when all are in.
const [file, count, ...sources] = process.argv.slice(2) as [string, string, ...string[]];
const PART = 50;
const lists = sources.map((source) => sourceMessages(source, Number(count)));
process.stdout.write("ready\n");
for (let from = 0; from < Number(count); from += PART) {
  for (const list of lists) {
    await mirrorMessages(file, {
      messages: list.slice(from, from + PART),
      scope: "all",
      identityOf: ({ source, number }) => `${source}:${number}`,
      transcript: { lock: { staleMs: 2000, timeoutMs: 120_000 } },
    });
  }
}
