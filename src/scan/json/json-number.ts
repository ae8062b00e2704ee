// Where a number may stand, as RFC 8259 writes its grammar. 0 is "this byte does not belong to it".
const MINUS = 1;
const ZERO = 2;
const INTEGER = 3;
const POINT = 4;
const FRACTION = 5;
const EXPONENT = 6;
const SIGN = 7;
const POWER = 8;

const DIGITS = "0123456789";
const STEPS: readonly (readonly [from: number, bytes: string, to: number])[] = [
  [MINUS, "0", ZERO],
  [MINUS, "123456789", INTEGER],
  [ZERO, ".", POINT],
  [ZERO, "eE", EXPONENT],
  [INTEGER, DIGITS, INTEGER],
  [INTEGER, ".", POINT],
  [INTEGER, "eE", EXPONENT],
  [POINT, DIGITS, FRACTION],
  [FRACTION, DIGITS, FRACTION],
  [FRACTION, "eE", EXPONENT],
  [EXPONENT, "+-", SIGN],
  [EXPONENT, DIGITS, POWER],
  [SIGN, DIGITS, POWER],
  [POWER, DIGITS, POWER],
];

/** The step that a byte takes: `NUMBER_STEPS[(step << 8) | byte]`, 0 when it ends the number. */
export const NUMBER_STEPS: Uint8Array = new Uint8Array((POWER + 1) << 8);
for (const [from, bytes, to] of STEPS) {
  for (const byte of Buffer.from(bytes)) NUMBER_STEPS[(from << 8) | byte] = to;
}

/** The step that the first byte of a value takes, 0 when no number begins with it. */
export const NUMBER_STARTS: Uint8Array = new Uint8Array(256);
for (const byte of Buffer.from(DIGITS)) NUMBER_STARTS[byte] = byte === 0x30 ? ZERO : INTEGER;
NUMBER_STARTS[0x2d] = MINUS;

/** Whether a number may end after this step. */
export function isWholeNumber(step: number): boolean {
  return step === INTEGER || step === ZERO || step === FRACTION || step === POWER;
}
