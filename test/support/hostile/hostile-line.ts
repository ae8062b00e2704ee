import type { Random } from "../random.js";
import { WATCHED } from "../watched-names.js";

const ODD_KEYS: readonly [string, ...string[]] = [
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '""',
  '"\\u0069d"',
  '"parent\\u0049d"',
  '"ID"',
  '"id "',
  '"i\\u0000d"',
];
const STRINGS: readonly [string, ...string[]] = [
  '"session"',
  '"leaf"',
  '"message"',
  '"a"',
  '""',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"\u{1f600}\u00e9"',
  '"\u2028\u2029\u0085\ufeff"',
  '"\\n\\"\\\\\\/\\b\\f\\r\\t"',
  '"{\\"id\\":\\"x\\",\\"parentId\\":null}"',
  '"}{"',
  '"],["',
];
const NUMBERS: readonly [string, ...string[]] = [
  "0",
  "1",
  "2",
  "3",
  "-0",
  "1.0",
  "2e0",
  "0.0e+1",
  "-1.5E-3",
  "1e400",
  "9007199254740993",
  "123456789012345678901234567890",
  "0.1234567890123456789",
];
const SPACES: readonly [string, ...string[]] = ["", "", "", "", "", " ", "\t", "\r", "\n ", "  "];
const LITERALS: readonly [string, ...string[]] = ["null", "true", "false", "{}", "[]", "[ ]"];
const SYNTAX = Buffer.from('{}[]",:\\ue+-.0 ntf/');

function keyOf(random: Random): string {
  switch (random.below(10)) {
    case 0:
      return random.pick(ODD_KEYS);
    case 1:
      return random.pick(STRINGS);
    case 2:
      return escaped(random, random.pick(WATCHED));
    default:
      return `"${random.pick(WATCHED)}"`;
  }
}

/** A key with some of its letters, or all, written as escapes. */
function escaped(random: Random, text: string): string {
  const every = random.below(2) === 0;
  const letters = [...text].map((letter) => {
    if (!every && random.below(2) === 0) return letter;
    const code = letter.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${random.below(2) === 0 ? code : code.toUpperCase()}`;
  });
  return `"${letters.join("")}"`;
}

function jsonOf(random: Random, depth: number): string {
  const kind = random.below(depth > 0 ? 10 : 7);
  if (kind < 3) return random.pick(STRINGS);
  if (kind < 5) return random.pick(NUMBERS);
  if (kind < 7) return random.pick(LITERALS);
  if (kind < 9) return objectOf(random, depth - 1);
  const items = Array.from(
    { length: random.below(4) },
    () => random.pick(SPACES) + jsonOf(random, depth - 1) + random.pick(SPACES),
  );
  return `[${items.join(",")}]`;
}

function objectOf(random: Random, depth: number): string {
  const members: string[] = [];
  for (let count = random.below(6); count > 0; count -= 1) {
    const [before, between, after] = [
      random.pick(SPACES),
      random.pick(SPACES),
      random.pick(SPACES),
    ];
    members.push(`${before}${keyOf(random)}${between}:${after}${jsonOf(random, depth)}`);
  }
  return `{${members.join(",")}${random.pick(SPACES)}}`;
}

/** An entry as leaflog writes them, so that most of the kinds come up at all. */
function entryOf(random: Random): string {
  const parentId = random.pick(['"a"', "null", "7", "{}", '"\\u0061"']);
  const batch = `{"index":${random.below(3)},"size":${random.below(4)}}`;
  const members: readonly [string, ...string[]] = [
    `"type":${random.pick(STRINGS)}`,
    `"id":${random.pick(STRINGS)}`,
    `"parentId":${parentId}`,
    `"batch":${batch}`,
    `"targetId":${parentId}`,
    `"message":{"role":${random.pick(STRINGS)},"parentId":"nested"}`,
    `"x":${jsonOf(random, 2)}`,
  ];
  return `{${members.filter(() => random.below(4) > 0).join(",")}}`;
}

/** Some bytes replaced, removed, put in, doubled or cut off. */
function mutated(random: Random, line: Buffer): Buffer {
  let bytes = line;
  for (let edits = 1 + random.below(3); edits > 0; edits -= 1) {
    const at = random.below(bytes.length + 1);
    const drop = random.below(3);
    const kind = random.below(6);
    if (kind === 0) bytes = bytes.subarray(0, at);
    else if (kind === 1) bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    else {
      const length = random.below(3);
      const insert = Buffer.from(
        Array.from({ length }, () =>
          kind < 5 ? SYNTAX[random.below(SYNTAX.length)] : random.below(256),
        ) as number[],
      );
      bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);
    }
  }
  return bytes;
}

/** A line that somebody may have left in a file: JSON, nearly JSON, or any bytes. */
export function hostileLine(random: Random): Buffer {
  const kind = random.below(20);
  if (kind === 0)
    return Buffer.from(Array.from({ length: random.below(9) }, () => random.below(256)));
  const text = kind < 3 ? jsonOf(random, 3) : kind < 9 ? entryOf(random) : objectOf(random, 3);
  const line = Buffer.from(random.pick(SPACES) + text + random.pick(SPACES));
  return random.below(5) < 2 ? line : mutated(random, line);
}
