import { writeSync } from "node:fs";

/**
 * Prints before the next statement runs, for a process that may end at any moment. A pipe whose
 * reader is slow takes part of it, or nothing.
 */
export function say(text: string): void {
  for (let bytes = Buffer.from(`${text}\n`); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
