import type { FileContent } from "../scan/file-content.js";

/** What a file is that is no transcript, and what to do about it. */
export const CONTENT_ADVICE: Readonly<Record<Exclude<FileContent, "transcript">, string>> = {
  list: "a JSON list, not JSON lines: a repair saves its entries",
  spread: "JSON over several lines, not JSON lines: a repair saves its entries",
  other: "JSON of no dialect that leaflog knows: name the format if it is one of those",
  "utf-16": "UTF-16, not UTF-8: convert it first, with iconv -f UTF-16 -t UTF-8 say",
  gzip: "compressed: unpack it first, with gzip -d say",
  zstd: "compressed: unpack it first, with zstd -d say",
};
