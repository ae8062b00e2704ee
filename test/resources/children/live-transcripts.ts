import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openTranscript } from "../../../src/index.js";

// Keeps many transcripts alive and appends to all of them at once, several times. What rejects
// fails the process.
const [directory = "", count = "0", rounds = "0"] = process.argv.slice(2);

const transcripts = await Promise.all(
  Array.from({ length: Number(count) }, (_, n) => openTranscript(join(directory, `${n}.jsonl`))),
);
let most = 0;
const watching = setInterval(() => {
  most = Math.max(most, readdirSync("/proc/self/fd").length);
}, 10);
for (let round = 0; round < Number(rounds); round += 1) {
  await Promise.all(
    transcripts.flatMap((transcript) => [
      transcript.append({ type: "a", round }, { timeoutMs: 120_000 }),
      transcript.append({ type: "b", round }, { timeoutMs: 120_000 }),
    ]),
  );
}
clearInterval(watching);
await Promise.all(transcripts.map((transcript) => transcript.close()));
console.log(JSON.stringify({ most }));
