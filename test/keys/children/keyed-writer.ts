import { openTranscript } from "../../../src/index.js";

// Appends under the same keys as its siblings, all at once, and prints the id that each has.
const [file, writer, keys] = process.argv.slice(2) as [string, string, string];
const transcript = await openTranscript(file, { lock: { timeoutMs: 60_000 } });
const results = await Promise.all(
  Array.from({ length: Number(keys) }, async (_, index) => {
    // Each begins elsewhere.
    const number = (index + Number(writer) * 37) % Number(keys);
    const message = { role: "user", content: `message ${number}` };
    const { id, appended } = await transcript.appendMessage(message, {
      idempotencyKey: `key ${number}`,
    });
    return { number, id, appended };
  }),
);
await transcript.close();
process.stdout.write(JSON.stringify(results));
