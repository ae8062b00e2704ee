import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// A process of OpenClaw, which knows its own by the name of this program: it takes away the lock of
// a process that looks like none.
const [what, module, file, milliseconds] = process.argv.slice(2);
const { appendSessionTranscriptMessage, acquireSessionWriteLock } = await import(
  pathToFileURL(module).href
);

/** Appends until the time is over. Says how often that went well, and what went wrong. */
async function append() {
  const end = Date.now() + Number(milliseconds);
  const errors = [];
  let appended = 0;
  while (Date.now() < end) {
    const message = { role: "user", content: `${process.pid} ${appended}`, timestamp: Date.now() };
    try {
      await appendSessionTranscriptMessage({ transcriptPath: file, message });
      appended += 1;
    } catch (error) {
      errors.push(`${error.code}: ${error.message}`);
    }
  }
  return { appended, errors };
}

/** Holds the lock from line to line of stdin; says when it has given it back. */
async function hold() {
  console.log("ready");
  let lock;
  for await (const _ of createInterface({ input: process.stdin })) {
    if (lock === undefined) {
      lock = await acquireSessionWriteLock({ sessionFile: file });
      console.log("held");
    } else {
      await lock.release();
      lock = undefined;
      console.log(Date.now());
    }
  }
}

if (what === "append") console.log(JSON.stringify(await append()));
else await hold();
process.exit(0);
