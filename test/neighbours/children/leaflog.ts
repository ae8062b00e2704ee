import { openTranscript } from "../../../src/index.js";

// A process that appends until the time is over. Says how often that went well, and what went wrong.
const [file = "", milliseconds = "0"] = process.argv.slice(2);

const transcript = await openTranscript(file);
const end = Date.now() + Number(milliseconds);
const errors: string[] = [];
let appended = 0;
while (Date.now() < end) {
  const content = `${process.pid} ${appended}`;
  try {
    await transcript.appendMessage({ role: "user", content, timestamp: Date.now() });
    appended += 1;
  } catch (error) {
    errors.push(String(error));
  }
}
await transcript.close();
console.log(JSON.stringify({ appended, errors }));
