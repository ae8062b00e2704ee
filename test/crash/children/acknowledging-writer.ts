import { openTranscript } from "../../../src/index.js";
import { say } from "../../support/say.js";

// Appends to all its files at once until it is killed. Prints the number of the file and an id, no
// earlier than the entry's acknowledgement.
const [bytes, name, ...files] = process.argv.slice(2) as [string, string, ...string[]];
const text = "x".repeat(Number(bytes));

async function write(file: string, number: number): Promise<void> {
  const transcript = await openTranscript(file);
  for (let n = 0; ; n += 1) {
    const id = `${name}.${n}`;
    const results =
      n % 4 === 3
        ? await transcript.appendBatch(
            [0, 1, 2].map((index) => ({ type: "b", id: `${id}.${index}`, text })),
          )
        : [await transcript.append({ type: "a", id, text })];
    say(results.map((result) => `${number} ${result.id}`).join("\n"));
  }
}

await Promise.all(files.map(write));
