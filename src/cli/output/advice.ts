import type { LeaflogError } from "../../base/errors.js";

/** What the library's messages advise, and what does the same on the command line. */
const WORDS: readonly (readonly [advice: RegExp, command: string])[] = [
  [/repair the file, or open it with `header: "optional"`/, "leaflog repair FILE tells what to do"],
  [
    /repair it, or pass `header: "optional"` to migrate it without one/,
    "leaflog repair FILE tells what to do",
  ],
  [/call migrateTranscript first, or open it with another `linear`/, "leaflog migrate FILE first"],
  [/name it as `format` \(.*?\)/, "name it with --format"],
  [/raise (maxOpenFiles or )?timeoutMs/, "wait longer with --timeout MS"],
  [/with a higher timeoutMs/, "with a longer --timeout MS"],
  [/, or raise maxOpenFiles(?! or)/, ""],
  [/, or raise maxEntryBytes/, ""],
  [/, or raise queue\.maxEntries and queue\.maxBytes/, ""],
];

/** The message of an error, its advice in words that who has typed a command can act on. */
export function adviceOn({ message }: LeaflogError): string {
  return WORDS.reduce((said, [advice, command]) => said.replace(advice, command), message);
}
