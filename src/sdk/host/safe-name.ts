/** Bytes that leave room for `.jsonl` and for the names that leaflog makes beside a transcript. */
const MAX_BYTES = 180;

/** Letters, digits and marks of any script, and signs that no system takes for anything else. */
const PLAIN = /^[\p{L}\p{N}_@+=-][\p{L}\p{M}\p{N}._@+=-]*$/u;
/** Characters that some systems pass over when they compare names. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
/** Devices on Windows, in every directory and with every extension. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Transcripts, their locks, backups and temporary files. */
const OURS = /\.(?:jsonl|lock)(?:\.|$)/i;

/**
 * Why a name cannot be that of a file or directory on every system without meaning another than it
 * says, to be put behind the name; undefined when it can.
 */
export function unsafety(name: string): string | undefined {
  if (name === "") return "is empty";
  if (Buffer.byteLength(name) > MAX_BYTES) return `is longer than ${MAX_BYTES} bytes`;
  if (name.startsWith(".")) return "begins with a dot";
  if (!PLAIN.test(name)) return "holds something else than letters, digits and . _ - @ + =";
  if (IGNORABLE.test(name)) return "holds characters that nobody sees";
  if (name !== name.normalize("NFKC")) return "is not in Unicode's normal form NFKC";
  if (name.endsWith(".")) return "ends with a dot";
  if (DEVICE.test(name)) return "is a device on Windows";
  if (OURS.test(name)) return "looks like a file of leaflog's own (.jsonl, .lock)";
  return undefined;
}
