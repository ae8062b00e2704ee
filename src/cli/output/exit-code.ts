import { constants } from "node:os";
import { LeaflogError, type LeaflogErrorCode } from "../../base/errors.js";

/** Exit codes of every command; 128 and the number of the signal when one ended it early. */
export const EXIT = { ok: 0, damage: 1, usage: 2, locked: 3, io: 74 } as const;

/** A mistake on the command line or in what was fed to it. */
export class UsageError extends Error {}

/** What went wrong with one line of input; the cause says what. */
export class LineError extends Error {
  constructor(line: number, cause: unknown) {
    super(`line ${line}`, { cause });
  }
}

/** That a signal asked for the end; what makes `Console.interruption` abort. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const BY_CODE: Partial<Record<LeaflogErrorCode, number>> = {
  LEAFLOG_BAD_HEADER: EXIT.damage,
  LEAFLOG_UNKNOWN_FORMAT: EXIT.damage,
  LEAFLOG_LINEAR_TRANSCRIPT: EXIT.damage,
  LEAFLOG_INVALID_ARGUMENT: EXIT.usage,
  LEAFLOG_NOT_SERIALIZABLE: EXIT.usage,
  LEAFLOG_ENTRY_TOO_LARGE: EXIT.usage,
  LEAFLOG_IDEMPOTENCY_CONFLICT: EXIT.usage,
  LEAFLOG_LEAF_CONFLICT: EXIT.usage,
  LEAFLOG_LOCK_TIMEOUT: EXIT.locked,
  LEAFLOG_LOCK_LOST: EXIT.locked,
  LEAFLOG_TIMEOUT: EXIT.locked,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof LineError) return exitCodeOf(error.cause);
  if (error instanceof UsageError || isParseArgsError(error)) return EXIT.usage;
  if (!(error instanceof LeaflogError)) return EXIT.io;
  if (error.cause instanceof Interruption) return error.cause.exitCode;
  return BY_CODE[error.code] ?? EXIT.io;
}

function isParseArgsError(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")
  );
}
