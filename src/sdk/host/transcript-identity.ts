import { invalid } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";

/** Most members of an identity, and most characters of each. */
const MAX_MEMBERS = 16;
const MAX_CHARACTERS = 1024;

/**
 * By what a plugin names a transcript. A host may ask for more members than these two, such as a
 * user where several share a session.
 */
export interface TranscriptIdentity {
  readonly agentId: string;
  readonly sessionId: string;
  readonly [member: string]: string;
}

/**
 * A copy of what a plugin gave, each member read once, so that nothing changes behind a check.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function readIdentity(value: unknown): TranscriptIdentity {
  const members = Object.entries(membersOf(value)).filter(([, member]) => member !== undefined);
  if (members.length > MAX_MEMBERS) {
    throw invalid("identity", `${members.length} members`, `of at most ${MAX_MEMBERS} members`);
  }
  for (const [name, member] of members) {
    if (!/^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name)) {
      throw invalid("identity", name, "made of members with plain names, such as `agentId`");
    }
    checkMember(name, member);
  }
  const identity = Object.freeze(Object.fromEntries(members)) as unknown as TranscriptIdentity;
  for (const name of ["agentId", "sessionId"]) checkMember(name, identity[name]);
  return identity;
}

/** The same text for equal identities. */
export function identityKey(identity: TranscriptIdentity): string {
  return JSON.stringify(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function membersOf(value: unknown): Record<string, unknown> {
  try {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    // A getter that throws, a revoked proxy.
    throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", "`identity` cannot be read", { cause });
  }
  throw invalid("identity", value, "an object { agentId, sessionId }");
}

function checkMember(name: string, member: unknown): void {
  const fits = typeof member === "string" && member !== "" && member.length <= MAX_CHARACTERS;
  if (fits) return;
  throw invalid(`identity.${name}`, member, `a string of 1 to ${MAX_CHARACTERS} characters`);
}
