import { UsageError } from "./exit-code.js";

/** A line of input, without its newline. */
export interface InputLine {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a byte stream, split on the byte 0x0A; the last one need not end in it.
 *
 * @throws UsageError at a line that is not UTF-8: replacement characters would be appended for good
 */
export async function* inputLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine> {
  let held: Uint8Array[] = [];
  let number = 0;
  const take = (): InputLine => {
    const bytes = Buffer.concat(held);
    held = [];
    number += 1;
    return { number, text: decode(bytes, number) };
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      held.push(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  }
  if (held.length > 0) yield take();
}

function decode(bytes: Uint8Array, number: number): string {
  try {
    // Passes over a BOM, which some shells put before what they pipe.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`line ${number}: not UTF-8`, { cause });
  }
}
