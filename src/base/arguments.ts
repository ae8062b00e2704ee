import { LeaflogError } from "./errors.js";

/** Longest delay that a timer takes, in milliseconds. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` unless `value` is a whole number in the range. */
export function whole(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  throw invalid(name, value, `a whole number, ${range}`);
}

/** The error for an argument that is not `wanted`; quotes the value and its type. */
export function invalid(name: string, value: unknown, wanted: string): LeaflogError {
  return new LeaflogError(
    "LEAFLOG_INVALID_ARGUMENT",
    `\`${name}\` must be ${wanted}; got \`${textOf(value)}\` (${typeof value})`,
  );
}

/** Characters of a wrong value that an error quotes. */
const QUOTED = 200;

function textOf(value: unknown): string {
  try {
    const text = String(value);
    return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  } catch {
    // It has no prototype, or its toString throws.
    return "a value without a text";
  }
}

/**
 * The first of `allowed` by default.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` unless `value` is one of them
 */
export function oneOf<const T extends string>(
  name: string,
  value: unknown,
  allowed: readonly T[],
): T {
  const first = allowed[0] as T;
  if (value === undefined) return first;
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw invalid(name, value, `one of ${allowed.map((choice) => `"${choice}"`).join(", ")}`);
}

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` unless `value` is a text with something in it. */
export function nonBlank(name: string, value: string | undefined): string | undefined {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return value;
  throw invalid(name, value, "a non-blank string");
}
