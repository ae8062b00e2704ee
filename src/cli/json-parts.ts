// What the shapes of several commands have in common; the texts tell types and units.

export const EXTENT = {
  offset: "number: bytes from the start of the file",
  length: "number: bytes, without the newline",
} as const;

export const ENTRY_AT = {
  offset: "number: of the entry's object, in bytes",
  "id?": "string: absent where the line is longer than 1 MiB",
} as const;

export const BYTES_BEFORE = "number: size of the file before";
export const BYTES_AFTER = "number: size of the file after";
export const BACKUP = "string: path of the file as it was";
export const FILE = "string: absolute path";
export const COUNT = "number";

export const STRAY: typeof EXTENT & { readonly line: string } = {
  line: "number: 1 for the first line",
  ...EXTENT,
};

export const FAULTY_LINES = {
  total: "number: of lines",
  first: [{ line: "number: 1 for the first line", offset: "number: of the first of it, in bytes" }],
} as const;

export const GROUP = {
  name: "string",
  entries: "number",
  bytes: "number",
  longest: "number: bytes of the longest line",
} as const;

export const RECORD: typeof EXTENT & {
  readonly "entry?": string;
  readonly "oversized?": {
    readonly "type?": string;
    readonly "id?": string;
    readonly "parentId?": string;
  };
} = {
  ...EXTENT,
  "entry?":
    "the entry as it stands in the file, bytes that are no UTF-8 as U+FFFD; absent above 64 MiB",
  "oversized?": { "type?": "string", "id?": "string", "parentId?": "string or null" },
};

export const LATE = {
  lateBytes: "number: written by others to the replaced file, and carried over",
  "stillOpen?": ["number: a process that had the replaced file open to the end"],
} as const;
