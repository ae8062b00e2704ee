import { close, fdatasync, open, write } from "node:fs";
import { promisify } from "node:util";
import type { WriterKind } from "./writer.js";

/**
 * The least that an asynchronous append can cost: one `write(2)` on a descriptor that stays open.
 * No lock, no parent, no check of what else happened to the file.
 */
export function floorWriter(options: { readonly sync?: boolean } = {}): WriterKind {
  return {
    format: "lines",
    about: options.sync
      ? "fs.write and fs.fdatasync on an open descriptor"
      : "fs.write on an open descriptor",
    open: async (file) => {
      const fd = await promisify(open)(file, "a", 0o600);
      return {
        append: (message) =>
          new Promise<void>((resolve, reject) => {
            const done = (error: Error | null) => (error ? reject(error) : resolve());
            const line = Buffer.from(`${JSON.stringify({ type: "message", message })}\n`);
            write(fd, line, 0, line.length, null, (error) =>
              error || !options.sync ? done(error) : fdatasync(fd, done),
            );
          }),
        close: () => promisify(close)(fd),
      };
    },
  };
}
