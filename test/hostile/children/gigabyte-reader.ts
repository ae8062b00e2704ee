import { openTranscript } from "../../../src/index.js";
import { virtualFileSystem } from "./virtual-file.js";

// Looks up the leaf of a file of one line, and prints it with what that took of memory. The file is
// on disk, or with head, unit and tail given, made up as it is read.
const [file = "", size = "0", head, unit = "", tail = ""] = process.argv.slice(2);

const fileSystem =
  head === undefined
    ? undefined
    : virtualFileSystem(file, { head, unit, tail, size: Number(size) });
// What is loaded and compiled once does not count.
await using small = await openTranscript(`${file}.small`);
await small.append({ type: "a" });
await small.leaf();

await using transcript = await openTranscript(file, fileSystem && { fileSystem });
const before = process.memoryUsage.rss();
let most = before;
const watching = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 5);
const leaf = await transcript.leaf();
clearInterval(watching);
most = Math.max(most, process.memoryUsage.rss());
console.log(JSON.stringify({ leaf, grown: most - before }));
