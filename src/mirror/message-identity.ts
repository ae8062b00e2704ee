import { createHash, createHmac } from "node:crypto";
import { LeaflogError } from "../base/errors.js";
import type { MirrorMessage } from "./mirror-options.js";

/** Hexadecimal digits of the fingerprint: 64 bits tell the messages of a scope apart. */
const DIGITS = 16;

/**
 * What tells a message from others when the caller has nothing: its role and what it says, whatever
 * the order of members. Without a secret whoever reads it can try out what a short text may be.
 *
 * @throws LeaflogError `LEAFLOG_NOT_SERIALIZABLE`
 */
export function fingerprint(message: MirrorMessage, secret?: string): string {
  const hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  return hash.update(saying(message)).digest("hex").slice(0, DIGITS);
}

/** Whether two messages are of one role and say the same. */
export function saySame(a: MirrorMessage, b: MirrorMessage): boolean {
  return saying(a) === saying(b);
}

/** Role and content as JSON that does not depend on the order of members. */
function saying({ role, content }: MirrorMessage): string {
  try {
    // First as a file would hold it, so that every object is a plain one.
    const plain: unknown = JSON.parse(JSON.stringify({ role, content }));
    return JSON.stringify(plain, (_, value: unknown) => inOrder(value));
  } catch (cause) {
    throw new LeaflogError(
      "LEAFLOG_NOT_SERIALIZABLE",
      `JSON cannot hold this message: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
