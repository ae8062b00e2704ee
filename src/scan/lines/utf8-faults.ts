import type { Span } from "./line-facts.js";

const BACKSLASH = 0x5c;
const U = 0x75;
const ESCAPE: Buffer = Buffer.from("\\u");
/** Bytes of an escape such as `\u00e9`. */
const ESCAPE_BYTES = 6;
/** Longest fault, with what has to be seen behind it to know it for one. */
export const FAULT_BYTES: number = 2 * ESCAPE_BYTES;

/**
 * Bytes that are no UTF-8, each run of which decodes to one U+FFFD. Those that would have belonged
 * to a surrogate by itself are among them: UTF-8 has none.
 */
export function* invalidUtf8(bytes: Uint8Array): Generator<Span> {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const wanted = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    let met = 0;
    while (met < wanted && mayFollow(lead, met, bytes[at + 1 + met])) met += 1;
    const end = at + 1 + met;
    if (wanted === 0 || met < wanted) yield { start: at, end };
    at = end;
  }
}

/** Offsets of surrogates that have no other half, as JSON escapes or as bytes, in their order. */
export function loneSurrogates(bytes: Buffer): number[] {
  const found: number[] = [];
  let paired = -1;
  for (let at = bytes.indexOf(ESCAPE); at !== -1; at = bytes.indexOf(ESCAPE, at + 1)) {
    const unit = surrogateAt(bytes, at);
    if (unit === undefined || at === paired) continue;
    if (unit < 0xdc00 && (surrogateAt(bytes, at + ESCAPE_BYTES) ?? 0) >= 0xdc00) {
      paired = at + ESCAPE_BYTES;
    } else found.push(at);
  }
  for (let at = bytes.indexOf(0xed); at !== -1; at = bytes.indexOf(0xed, at + 1)) {
    if ((bytes[at + 1] ?? 0) >= 0xa0 && (bytes[at + 1] ?? 0) < 0xc0) found.push(at);
  }
  return found.sort((a, b) => a - b);
}

/** The surrogate that is escaped at `at`; undefined where none is. */
function surrogateAt(bytes: Buffer, at: number): number | undefined {
  const kind = bytes[at + 2];
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== U || (kind !== 0x64 && kind !== 0x44)) {
    return undefined;
  }
  let before = at - 1;
  while (bytes[before] === BACKSLASH) before -= 1;
  // A backslash that is escaped itself escapes nothing.
  if ((at - before) % 2 === 0) return undefined;
  const digits = bytes.toString("latin1", at + 2, at + ESCAPE_BYTES);
  return /^[dD][89a-fA-F][\da-fA-F]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

function mayFollow(lead: number, index: number, byte: number | undefined): boolean {
  if (byte === undefined) return false;
  if (index === 0) {
    if (lead === 0xe0 && byte < 0xa0) return false;
    if (lead === 0xed && byte > 0x9f) return false;
    if (lead === 0xf0 && byte < 0x90) return false;
    if (lead === 0xf4 && byte > 0x8f) return false;
  }
  return byte >= 0x80 && byte < 0xc0;
}
