import { writeSync } from "node:fs";
import { openTranscript } from "../../../src/index.js";

// Appends until it is killed; prints an id no earlier than its acknowledgement.
const [file, bytes] = process.argv.slice(2) as [string, string];
const transcript = await openTranscript(file);
const text = "x".repeat(Number(bytes));
for (let n = 0; ; n += 1) {
  const results =
    n % 4 === 3
      ? await transcript.appendBatch([0, 1, 2].map((index) => ({ type: "b", n, index, text })))
      : [await transcript.append({ type: "a", n, text })];
  for (const { id } of results) writeSync(1, `${id}\n`);
}
