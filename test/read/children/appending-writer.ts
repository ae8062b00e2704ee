import { openTranscript } from "../../../src/index.js";

// Appends entries of all sizes, alone and in batches, until it is told to stop; then tells how many.
const [file, writer] = process.argv.slice(2) as [string, string];
const transcript = await openTranscript(file);
let running = true;
process.on("message", () => {
  running = false;
});
let sequence = 0;
const entry = () => {
  sequence += 1;
  const padding = "é".repeat(sequence % 997 === 0 ? 90_000 : (sequence * 31) % 900);
  return { type: "custom", id: `${writer}-${sequence}`, padding };
};
process.send?.("ready");
while (running) {
  if (sequence % 5 === 0) await transcript.appendBatch([entry(), entry(), entry()]);
  else await Promise.all([transcript.append(entry()), transcript.append(entry())]);
}
await transcript.close();
process.send?.(sequence);
process.disconnect();
