import { createHash } from "node:crypto";
import { LeaflogError } from "../errors.js";
import type { MirrorMessage } from "./mirror-options.js";

/** Hexadecimal digits of the fingerprint: 64 bits tell the messages of a scope apart. */
const DIGITS = 16;

/** What tells a message from others when the caller has nothing: its role and what it says. */
export function messageIdentity(message: MirrorMessage): string {
  return `${message.role}:${fingerprint(message)}`;
}

/** Whether two messages are of one role and say the same. */
export function saySame(a: MirrorMessage, b: MirrorMessage): boolean {
  return messageIdentity(a) === messageIdentity(b);
}

function fingerprint({ role, content }: MirrorMessage): string {
  return createHash("sha256").update(text({ role, content })).digest("hex").slice(0, DIGITS);
}

function text(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new LeaflogError(
      "LEAFLOG_NOT_SERIALIZABLE",
      `JSON cannot hold this message: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
