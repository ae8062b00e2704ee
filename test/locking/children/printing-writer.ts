import { join } from "node:path";
import { createInterface } from "node:readline";
import { openTranscript } from "../../../src/index.js";
import { say } from "../../support/say.js";

// Appends to many transcripts at once and prints the id of each entry right when it was
// acknowledged, for a process that may end at any moment. `handle <signal>` has it end by itself.
const [directory = "", files = "1"] = process.argv.slice(2);

let began = 0;

async function loop(file: number): Promise<void> {
  const transcript = await openTranscript(join(directory, `${file}.jsonl`), {
    // So long that a lock which a signal left behind would still be there; and held on, because a
    // signal in the very moment in which a lock is made cannot know whether it was.
    lock: { staleMs: 60_000, maxHoldMs: 60_000, idleMs: file % 2 === 0 ? 5 : 1000 },
  });
  const { id } = await transcript.append({ type: "custom" });
  say(`${file} ${id}`);
  began += 1;
  if (began === Number(files)) say("going");
  for (let n = 0; ; n += 1) {
    const { id } = await transcript.append({ type: "custom", id: `${process.pid}-${file}-${n}` });
    say(`${file} ${id}`);
  }
}

process.stdin.on("end", () => process.exit(1));

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", signal = ""] = line.split(" ");
  if (command === "go") for (let file = 0; file < Number(files); file += 1) void loop(file);
  if (command === "handle") {
    process.on(signal, () => {
      say(`handled ${signal}`);
      // What is under way may still be acknowledged.
      setTimeout(() => process.exit(7), 50);
    });
    say(`listening`);
  }
}
