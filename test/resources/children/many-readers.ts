import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type EntryRecord, openTranscript, verifyTranscript } from "../../../src/index.js";

// Reads many transcripts at once in every way, and walks through all of them side by side, as one
// does who merges them. What rejects fails the process.
const [directory = "", count = "0"] = process.argv.slice(2);
const files = Array.from({ length: Number(count) }, (_, n) => join(directory, `${n}.jsonl`));
const transcripts = await Promise.all(files.map((file) => openTranscript(file)));
let most = 0;
const watching = setInterval(() => {
  most = Math.max(most, readdirSync("/proc/self/fd").length);
}, 5);

const ends = await Promise.all(
  transcripts.flatMap((transcript) => [
    transcript.leaf().then(({ id }) => id),
    transcript.tail(1).then(([last]) => last?.entry?.id),
    transcript.header().then((header) => header?.id && "b"),
    transcript.page({ direction: "backward" }).then(({ entries }) => entries.at(-1)?.entry?.id),
    transcript.entry("b").then((found) => found?.entry?.id),
    verifyTranscript(transcript.file).then(({ leaf }) => leaf.id),
    transcript.snapshot().then(async ({ size, stream }) => {
      let bytes = 0;
      for await (const chunk of stream) bytes += (chunk as Buffer).length;
      return bytes === size && "b";
    }),
  ]),
);

// Each of the iterations is begun before any of them goes on.
const walks = transcripts.flatMap((transcript) => [
  transcript.entries()[Symbol.asyncIterator](),
  transcript.branch()[Symbol.asyncIterator](),
]);
const seen: unknown[] = [];
for (let going = walks; going.length > 0; ) {
  const steps: IteratorResult<EntryRecord, unknown>[] = [];
  for (const walk of going) {
    steps.push(await walk.next());
    // Inside a walk, another reading of the same process.
    if (steps.length % 100 === 1) await transcripts[0]?.leaf();
  }
  for (const { value, done } of steps) if (!done) seen.push(value.entry?.id);
  going = going.filter((_, at) => !steps[at]?.done);
}

clearInterval(watching);
await Promise.all(transcripts.map((transcript) => transcript.close()));
const right = ends.filter((id) => id === "b").length;
console.log(JSON.stringify({ most, right, of: ends.length, seen: seen.length }));
