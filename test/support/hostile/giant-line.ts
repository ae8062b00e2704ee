import { open } from "node:fs/promises";

const PIECE_BYTES = 1024 * 1024;

/** A shape of line that may be of any length: `head`, then `unit` over and over, then `tail`. */
export interface GiantLine {
  readonly head: string;
  readonly unit: string;
  readonly tail: string;
}

/** The tail that makes an entry of a line whose members begin with those of `head`. */
const LINKED = '"id":"giant","parentId":"a"}\n';

export const GIANT_LINES: Record<string, GiantLine> = {
  "plain text": { head: '{"type":"message","text":"', unit: "x", tail: `",${LINKED}` },
  escapes: { head: '{"type":"message","text":"', unit: '\\n\\"\\u00e9', tail: `",${LINKED}` },
  nested: { head: '{"x":[', unit: '{"a":[{"id":"x"},[]]},', tail: `{}],${LINKED}` },
  numbers: { head: '{"x":[', unit: "-123.456e-7,0,", tail: `1],${LINKED}` },
  members: { head: "{", unit: '"parentId":"b",', tail: LINKED },
  "a torn string": { head: '{"id":"t","parentId":"a","x":"', unit: "y", tail: "" },
  "a torn array": { head: '{"id":"t","parentId":"a","x":[', unit: '["z"],', tail: "" },
};

/** Writes a file of `start` and a giant line of about that many bytes, a piece at a time. */
export async function writeGiantLine(
  file: string,
  start: string,
  { head, unit, tail }: GiantLine,
  bytes: number,
): Promise<void> {
  const handle = await open(file, "w");
  try {
    await handle.write(start + head);
    const units = Math.floor(Math.max(0, bytes - head.length - tail.length) / unit.length);
    const perPiece = Math.floor(PIECE_BYTES / unit.length);
    const piece = Buffer.from(unit.repeat(perPiece));
    for (let left = units; left > 0; left -= perPiece) {
      await handle.write(piece, 0, Math.min(left, perPiece) * unit.length);
    }
    await handle.write(tail);
  } finally {
    await handle.close();
  }
}
