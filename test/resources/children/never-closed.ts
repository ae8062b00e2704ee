import { join } from "node:path";
import { openTranscript } from "../../../src/index.js";

// Opens transcripts, appends and does nothing more: the process has to end by itself.
const [directory = "", ending = ""] = process.argv.slice(2);

const transcripts = await Promise.all(
  Array.from({ length: 20 }, (_, n) => openTranscript(join(directory, `${n}.jsonl`))),
);
const appended = transcripts.map((transcript) => transcript.append({ type: "a" }));
// Otherwise the process has to live until all is written.
if (ending === "awaited") await Promise.all(appended);
if (ending === "read") await Promise.all(transcripts.map((transcript) => transcript.leaf()));
