import type { MirrorMessage } from "../../../src/mirror/index.js";

/** The messages of one source; some say the same, which the caller tells apart. */
export function sourceMessages(source: string, count: number): MirrorMessage[] {
  return Array.from({ length: count }, (_, number) => ({
    role: number % 2 === 0 ? "user" : "assistant",
    content: [{ type: "text", text: `${number % 7} ${"text ".repeat((number * 37) % 400)}` }],
    source,
    number,
  }));
}
