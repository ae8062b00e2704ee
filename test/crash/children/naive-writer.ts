import { appendFile } from "node:fs/promises";
import { say } from "../../support/say.js";

// What one writes without a library: it shows that the kills meet writes half done.
const [bytes, name, ...files] = process.argv.slice(2) as [string, string, ...string[]];
const text = "x".repeat(Number(bytes));

async function write(file: string, number: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = `${name}.${n}`;
    await appendFile(file, `${JSON.stringify({ type: "a", id, text })}\n`);
    say(`${number} ${id}`);
  }
}

await Promise.all(files.map(write));
