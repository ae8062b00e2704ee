import { LeaflogError } from "./errors.js";

declare const whole: unique symbol;

/** Marks a list that has no fewer members than its interface. */
export interface Whole {
  readonly [whole]: true;
}

/** The names of all members of an interface. */
export type MemberNames<T> = readonly (keyof T & string)[] & Whole;

/**
 * The names of all members of an interface of options, in this order; the compiler says when one is
 * missing, or one is there that the interface lacks. Other lists are not to be had.
 */
export function memberNames<T>(members: { readonly [name in keyof T]-?: true }): MemberNames<T> {
  return Object.keys(members) as (keyof T & string)[] as unknown as MemberNames<T>;
}

/** Changes of single characters that a misspelling is made of at most. */
const MOST_CHANGES = 3;

/**
 * That an object of options has no member that nobody reads: a misspelt one would be a wish that is
 * not met, and nobody told.
 *
 * @param name what the object is called
 * @param known the members that there are
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function ensureKnown(
  name: string,
  options: unknown,
  known: readonly string[] & Whole,
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const wanted = `an object { ${known.join(", ")} }`;
    throw new LeaflogError("LEAFLOG_INVALID_ARGUMENT", `\`${name}\` must be ${wanted}`);
  }
  for (const member of Object.keys(options)) {
    if (!known.includes(member)) throw unknownMember(name, member, known);
  }
}

/** The error for a member that there is not; names the one that was meant, as far as can be told. */
export function unknownMember(
  name: string,
  member: string,
  known: readonly string[],
): LeaflogError {
  const shown = member.slice(0, 100);
  const meant = nearest(shown, known);
  const hint = meant === undefined ? "" : ` (did you mean \`${meant}\`?)`;
  return new LeaflogError(
    "LEAFLOG_INVALID_ARGUMENT",
    `\`${name}\` has no member \`${shown}\`${hint}; it takes ${known.join(", ")}`,
  );
}

function nearest(member: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, changes: changesBetween(member.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes);
  const [first] = ranked;
  return first && first.changes <= MOST_CHANGES ? first.name : undefined;
}

/** How many characters have to be put in, left out or replaced to make one of the other. */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
