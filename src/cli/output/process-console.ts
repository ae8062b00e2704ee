import { styleText } from "node:util";
import type { Console } from "./command.js";
import { EXIT, Interruption } from "./exit-code.js";
import { PipeReader } from "./pipe-reader.js";

/** Not SIGHUP: whoever is told to survive it has it ignored, which a listener would undo. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/** The console of this process. */
export function processConsole(): Console {
  const { stdin, stdout, stderr } = process;
  const unread = new AbortController();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads no further, as `head` does, has all it wanted; appends go on.
    if (error.code === "EPIPE") {
      unread.abort();
      return;
    }
    stderr.write(`leaflog: stdout: ${error.message}\n`);
    process.exit(EXIT.io);
  });
  let interruption: AbortSignal | undefined;
  return {
    stdin,
    watched: stderr.isTTY === true && process.env.CI === undefined,
    unread: unread.signal,
    watchReader: async () => {
      const reader = await PipeReader.find();
      reader?.gone().then(
        () => unread.abort(),
        (error: Error) => stderr.write(`leaflog: no watch on stdout: ${error.message}\n`),
      );
    },
    columns: stdout.isTTY ? stdout.columns : undefined,
    out: (line) => stdout.write(`${line}\n`),
    note: (line) => stderr.write(`${line}\n`),
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    interruption: () => {
      interruption ??= listen();
      return interruption;
    },
    drained: async () => {
      if (!stdout.writableNeedDrain || unread.signal.aborted) return;
      await new Promise<unknown>((resolve) => {
        stdout.once("drain", resolve);
        unread.signal.addEventListener("abort", resolve, { once: true });
      });
    },
  };
}

/** The first signal asks, a second one does not wait for the answer. */
function listen(): AbortSignal {
  const controller = new AbortController();
  const heard = (signal: NodeJS.Signals): void => {
    const interruption = new Interruption(signal);
    if (controller.signal.aborted) process.exit(interruption.exitCode);
    controller.abort(interruption);
  };
  for (const name of SIGNALS) process.on(name, heard);
  return controller.signal;
}
