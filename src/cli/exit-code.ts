import { LeaflogError, type LeaflogErrorCode } from "../errors.js";

/** Exit codes of every command. */
export const EXIT = { ok: 0, damage: 1, usage: 2, locked: 3, io: 74 } as const;

/** A mistake on the command line or in what was fed to it. */
export class UsageError extends Error {}

/** What went wrong with one line of input; the cause says what. */
export class LineError extends Error {
  constructor(line: number, cause: unknown) {
    super(`line ${line}`, { cause });
  }
}

const BY_CODE: Partial<Record<LeaflogErrorCode, number>> = {
  LEAFLOG_BAD_HEADER: EXIT.damage,
  LEAFLOG_LINEAR_TRANSCRIPT: EXIT.damage,
  LEAFLOG_INVALID_ARGUMENT: EXIT.usage,
  LEAFLOG_NOT_SERIALIZABLE: EXIT.usage,
  LEAFLOG_ENTRY_TOO_LARGE: EXIT.usage,
  LEAFLOG_LEAF_CONFLICT: EXIT.usage,
  LEAFLOG_LOCK_TIMEOUT: EXIT.locked,
  LEAFLOG_LOCK_LOST: EXIT.locked,
  LEAFLOG_TIMEOUT: EXIT.locked,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof LineError) return exitCodeOf(error.cause);
  if (error instanceof UsageError || isParseArgsError(error)) return EXIT.usage;
  return error instanceof LeaflogError ? (BY_CODE[error.code] ?? EXIT.io) : EXIT.io;
}

function isParseArgsError(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")
  );
}
