import { LeaflogError, type RefusalReason } from "../../base/errors.js";

const SAID: { readonly [reason in RefusalReason]: string } = {
  "unsafe-name": "the identity cannot be made into names that are safe on every system",
  "unknown-identity": "the host has no place for this identity",
  "ambiguous-identity":
    "the identity stands for several transcripts: name the member that tells them apart",
  "outside-root": "the place of this transcript lies outside of what the host gives access to",
  alias: "the identity is another name for the place of another one",
  "not-a-file": "what stands in the place of this transcript is no file",
  "no-right": "the host does not grant this plugin the right to do that with this transcript",
};

/** Those whose words are fit for a plugin. */
const made = new WeakSet<LeaflogError>();

/**
 * What a host throws from `resolve` when it refuses.
 *
 * @param detail what exactly, in words that may reach the plugin: no paths
 */
export function refusal(reason: RefusalReason, detail?: string): LeaflogError {
  const message = detail === undefined ? SAID[reason] : `${SAID[reason]}: ${detail}`;
  const error = new LeaflogError("LEAFLOG_REFUSED", message, { reason });
  made.add(error);
  return error;
}

/** What a plugin may read of a refusal, whoever made it. */
export function refusalText(error: LeaflogError): string {
  if (made.has(error)) return error.message;
  return SAID[error.reason ?? "no-right"] ?? SAID["no-right"];
}
