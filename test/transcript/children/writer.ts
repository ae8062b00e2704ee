import { once } from "node:events";
import { openTranscript } from "../../../src/index.js";

// Appends `count` entries of 100 bytes to 300 KB, some awaited, some in bunches, some as batches.
const [file, writer, count] = process.argv.slice(2) as [string, string, string];
const total = Number(count);
const told = once(process, "message");
process.send?.("ready");
await told;

const transcript = await openTranscript(file);
const entryOf = (sequence: number) => ({
  type: "custom",
  writer,
  sequence,
  padding: "p".repeat(sequence % 97 === 0 ? 300_000 : (sequence * 31) % 4000),
});
let sequence = 0;
while (sequence < total) {
  const size = Math.min(1 + (sequence % 7), total - sequence);
  const entries = Array.from({ length: size }, (_, index) => entryOf(sequence + index));
  if (sequence % 3 === 0) await transcript.appendBatch(entries);
  else await Promise.all(entries.map((entry) => transcript.append(entry)));
  sequence += size;
}
await transcript.close();
process.disconnect();
