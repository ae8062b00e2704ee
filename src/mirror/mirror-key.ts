import { checkedKey } from "../keys/idempotency-key.js";

/** What the end of a key looks like that was made of a place or of a fingerprint. */
const MADE_END = /:(?=(?:[0-9]+|[0-9a-f]{16})$)/;

/**
 * The key of a message. No two pairs of scope and identity have one key, so that no message is
 * taken for another's: the first colon ends the scope. Nor is the key of an identity that a caller
 * gave ever one that was made of a place (`scope:role:index`) or of a fingerprint.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` when it is too long
 */
export function givenKey(scope: string, identity: string): string {
  const told = identity.replaceAll("%", "%25").replace(MADE_END, "%3A");
  return checkedKey("scope:identity", `${escaped(scope)}:${told}`);
}

/** The key of a message that has no identity of its own. */
export function fingerprintKey(scope: string, role: string, fingerprint: string): string {
  return checkedKey("scope:identity", `${escaped(scope)}:${escaped(role)}:${fingerprint}`);
}

/** The key that earlier mirrors made of a message's place among the mirrored messages. */
export function placeKeyOf(scope: string, role: string, place: number): string {
  return `${scope}:${role}:${place}`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll(":", "%3A");
}
