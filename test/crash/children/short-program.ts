import { LeaflogError, openTranscript } from "../../../src/index.js";
import { say } from "../../support/say.js";

// A few appends of all kinds, each told by its id when it is acknowledged and by its code when it
// is refused. A write that fails does not end the program: the next one has to work.
const [file, durability] = process.argv.slice(2) as [string, "written" | "synced"];
const text = "x".repeat(300);

const transcript = await openTranscript(file, { durability });
for (let n = 0; n < 6; n += 1) {
  const type = "message";
  const entries =
    n % 3 === 1
      ? [0, 1, 2].map((index) => ({ type, id: `${n}.${index}`, text }))
      : [{ type, id: `${n}`, text }];
  try {
    for (const { id } of await transcript.appendBatch(entries)) say(id);
  } catch (error) {
    say(error instanceof LeaflogError ? `${error.code} ${error.cutBack}` : `unexpected ${error}`);
  }
}
await transcript.close();
say("done");
