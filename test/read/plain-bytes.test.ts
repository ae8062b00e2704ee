import * as fc from "fast-check";
import { expect, it } from "vitest";
import { arePlain } from "../../src/read/plain-bytes.js";

const PLAIN = Array.from({ length: 128 - 32 }, (_, at) => 32 + at).filter((byte) => byte !== 0x5c);

it("bytes are plain unless one of them is a control, a backslash or not ASCII", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    for (let length = 1; length < 24; length += 1) {
      for (let at = 0; at < length; at += 1) {
        const bytes = Buffer.alloc(length, "x");
        bytes[at] = byte;
        const expected = PLAIN.includes(byte);
        if (arePlain(bytes, 0, length) !== expected) expect.unreachable(`${byte} at ${at}`);
      }
    }
  }
});

it("wherever they lie, and whatever lies around them", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.constantFrom(...PLAIN), { maxLength: 80 }),
      fc.nat({ max: 79 }),
      fc.nat({ max: 255 }),
      (around, plain, at, byte) => {
        const bytes = Buffer.from([...around, ...plain, ...around]);
        const [start, end] = [around.length, around.length + plain.length];
        expect(arePlain(bytes, start, end)).toBe(true);
        if (plain.length === 0) return;
        bytes[start + (at % plain.length)] = byte;
        expect(arePlain(bytes, start, end)).toBe(PLAIN.includes(byte));
      },
    ),
  );
});

it("also where there are many of them", () => {
  const bytes = Buffer.alloc(1_000_003, "iVBORw0KGgo");
  for (const at of [1, 65_536, 65_541, 500_000, 999_998, 1_000_001]) {
    expect(arePlain(bytes, 1, 1_000_002)).toBe(true);
    for (const byte of [0x00, 0x1f, 0x5c, 0x80, 0xff]) {
      const before = bytes[at] as number;
      bytes[at] = byte;
      expect(arePlain(bytes, 1, 1_000_002)).toBe(false);
      bytes[at] = before;
    }
  }
});
