import { appendFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import type { Message } from "../workload/messages.js";
import type { WriterKind } from "./writer.js";

/** What most programs do. */
export const appendFileWriter: WriterKind = {
  format: "lines",
  about: "fs.promises.appendFile",
  open: async (file) => ({
    append: (message) => appendFile(file, lineOf(message)),
    close: () => undefined,
  }),
};

/** What most programs did before: nothing else runs meanwhile. */
export const appendFileSyncWriter: WriterKind = {
  format: "lines",
  about: "fs.appendFileSync, which stops the event loop",
  open: async (file) => ({
    append: (message) => appendFileSync(file, lineOf(message)),
    close: () => undefined,
  }),
};

function lineOf(message: Message): string {
  return `${JSON.stringify({ type: "message", message })}\n`;
}
