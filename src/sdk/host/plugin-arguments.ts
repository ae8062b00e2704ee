import { invalid, MAX_TIMEOUT_MS, whole } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";
import { unknownMember, type Whole } from "../../base/known-members.js";

/**
 * A copy of what a plugin gave as options, each member read once.
 *
 * @param known the members that there are; `undefined` counts as left out
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`, also for a member that there is not
 */
export function readOptions<K extends string>(
  name: string,
  value: unknown,
  known: readonly K[] & Whole,
): { readonly [member in K]?: unknown } {
  if (value === undefined) return {};
  const members = Object.entries(membersOf(name, value, known));
  for (const [member] of members) {
    if (known.some((one) => one === member)) continue;
    throw unknownMember(name, member, known);
  }
  const given = members.filter(([, member]) => member !== undefined);
  return Object.fromEntries(given) as { [member in K]?: unknown };
}

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
export function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw invalid("signal", value, "an AbortSignal");
}

/**
 * Milliseconds; undefined when left out.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function readTimeout(value: unknown): number | undefined {
  return value === undefined ? value : whole("timeoutMs", value as number, 1, 1, MAX_TIMEOUT_MS);
}

/** @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT` */
export function readFunction<F>(name: string, value: F): F {
  if (typeof value === "function") return value;
  throw invalid(name, value, "a function");
}

/**
 * A copy of an array, each element read once; a hole becomes `undefined`.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function readArray(name: string, value: unknown, maxLength: number): unknown[] {
  try {
    if (Array.isArray(value) && value.length <= maxLength) return Array.from(value);
  } catch (cause) {
    throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", `\`${name}\` cannot be read`, { cause });
  }
  throw invalid(name, value, `an array of at most ${maxLength} elements`);
}

/** The error for an argument that JSON cannot hold. */
export function notSerializable(name: string, cause?: unknown): LeaflogError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new LeaflogError("LEAFLOG_NOT_SERIALIZABLE", `JSON cannot hold \`${name}\`${why}`, {
    cause,
  });
}

function membersOf(name: string, value: unknown, known: readonly string[]): object {
  try {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    // A getter that throws, a revoked proxy.
    throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", `\`${name}\` cannot be read`, { cause });
  }
  throw invalid(name, value, `an object { ${known.join(", ")} }`);
}
