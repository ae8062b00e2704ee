import { statSync } from "node:fs";
import { type LeaflogError, openTranscript } from "../../../src/index.js";

/** Appends until the file may not grow any more, and says how that ended. */
const [file = ""] = process.argv.slice(2);
const transcript = await openTranscript(file);
let size = 0;
let failure: LeaflogError | undefined;
while (failure === undefined) {
  await transcript.append({ type: "a", text: "x".repeat(700) }).catch((error: LeaflogError) => {
    failure = error;
  });
  if (failure === undefined) size = statSync(file).size;
}
const { code, cutBack, cause } = failure;
const grew = statSync(file).size - size;
console.log(JSON.stringify({ code, cutBack, why: (cause as NodeJS.ErrnoException).code, grew }));
await transcript.close();
