/** Words between two looks at what has come up. */
const BLOCK_WORDS = 16_384;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** A byte below 0x20 or above 0x7f leaves the highest bit of a byte set, in itself or less this. */
const SPACES = 0x20202020;
const HIGHEST_BITS = 0x80808080;

/** Whether each of the bytes is a character of a JSON string that stands for itself, and ASCII. */
export function arePlain(bytes: Buffer, start: number, end: number): boolean {
  if (bytes.subarray(start, end).includes(BACKSLASH)) return false;
  const misaligned = (bytes.byteOffset + start) % WORD_BYTES;
  const from = start + ((WORD_BYTES - misaligned) % WORD_BYTES);
  if (from >= end) return areSingly(bytes, start, end);
  const count = Math.floor((end - from) / WORD_BYTES);
  return (
    areSingly(bytes, start, from) &&
    areByWords(new Int32Array(bytes.buffer, bytes.byteOffset + from, count)) &&
    areSingly(bytes, from + count * WORD_BYTES, end)
  );
}

function areSingly(bytes: Buffer, start: number, end: number): boolean {
  for (const byte of bytes.subarray(start, end)) if (byte < SPACE || byte > 0x7f) return false;
  return true;
}

function areByWords(words: Int32Array): boolean {
  for (let at = 0; at < words.length; at += BLOCK_WORDS) {
    if (!isPlainBlock(words, at, Math.min(words.length, at + BLOCK_WORDS))) return false;
  }
  return true;
}

// A function of its own: called again and again, it is compiled before the first text ends.
function isPlainBlock(words: Int32Array, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  // Four at a time take half the time.
  for (; at + 3 < end; at += 4) {
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    seen |= a | (a - SPACES) | b | (b - SPACES) | c | (c - SPACES) | d | (d - SPACES);
  }
  for (; at < end; at += 1) {
    const word = words[at] as number;
    seen |= word | (word - SPACES);
  }
  return (seen & HIGHEST_BITS) === 0;
}
