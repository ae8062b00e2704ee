import * as fc from "fast-check";
import { HEADER_LINE } from "../lines.js";

const id: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
const parentId: fc.Arbitrary<string | null> = fc.option(id, { freq: 6 });
const text: fc.Arbitrary<string> = fc.constantFrom(
  "",
  "x",
  "é—😀 \u2028",
  '\\"{}[]',
  "y".repeat(70),
);

const linked: fc.Arbitrary<object> = fc.record({
  type: fc.constant("message"),
  id,
  parentId,
  text,
});
const batched: fc.Arbitrary<object> = fc
  .tuple(id, parentId, fc.constantFrom([0, 2], [1, 2], [0, 3], [1, 3], [2, 3]))
  .map(([own, parent, [index, size]]) => ({
    type: "message",
    id: own,
    parentId: parent,
    batch: { index, size },
  }));
const control: fc.Arbitrary<object> = fc.record({
  type: fc.constant("leaf"),
  id,
  parentId,
  targetId: fc.option(id, { freq: 6 }),
});
const compaction: fc.Arbitrary<object> = fc.record({
  type: fc.constant("compaction"),
  id,
  parentId,
  firstKeptEntryId: fc.option(id),
});
const linear: fc.Arbitrary<object> = fc.oneof(
  fc.record({ type: fc.constant("message"), text }),
  fc.record({ type: fc.constant("message"), id }),
);

/** A line without its newline: an entry of any kind, or what is none. */
export const anyLine: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: linked.map((entry) => JSON.stringify(entry)) },
      { weight: 2, arbitrary: batched.map((entry) => JSON.stringify(entry)) },
      { weight: 2, arbitrary: control.map((entry) => JSON.stringify(entry)) },
      { weight: 2, arbitrary: compaction.map((entry) => JSON.stringify(entry)) },
      { weight: 3, arbitrary: linear.map((entry) => JSON.stringify(entry)) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          "",
          "  ",
          "\u0000\u0000\u0000",
          "{",
          '{"id":"a","parentId":null}{"id":"b","parentId":"a"}',
          "7",
          "null",
          "[]",
          HEADER_LINE.trim(),
          '{"type":"message","id":"d","parentId":7}',
          '{"type":"message","id":7,"parentId":"a"}',
          ' {"type":"message","id":"e","parentId":"a"} ',
        ),
      },
    ),
    fc.constantFrom("", "", "", "\r"),
  )
  .map(([line, end]) => line + end);

/** The bytes of a transcript, as good or bad as may be. */
export const anyTranscript: fc.Arbitrary<Buffer> = fc
  .record({
    bom: fc.boolean(),
    lines: fc.array(anyLine, { maxLength: 16 }),
    ending: fc.constantFrom("\n", "\n", "", "\n\n", '\n{"type":"message","id":"x'),
  })
  .map(({ bom, lines, ending }) => Buffer.from((bom ? "\ufeff" : "") + lines.join("\n") + ending));
