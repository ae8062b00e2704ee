import { openTranscript, type TranscriptOptions } from "../../src/index.js";
import type { WriterKind } from "./writer.js";

/** leaflog, as it comes but for `options`. */
export function leaflogWriter(options: TranscriptOptions = {}): WriterKind {
  return {
    format: "transcript",
    about: "this library",
    open: async (file) => {
      const transcript = await openTranscript(file, options);
      return {
        append: (message) => transcript.appendMessage(message),
        close: () => transcript.close(),
      };
    },
  };
}
