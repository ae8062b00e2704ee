import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { classifyLine } from "../../src/scan/lines/line-classifier.js";
import { hostileLine } from "../support/hostile/hostile-line.js";
import { Random, seedOf } from "../support/random.js";
import { classifyInChunks, expectedFacts, expectFacts } from "../support/scan/facts-oracle.js";

// The classifier against JSON.parse, on hostile lines by the hundred thousand. LEAFLOG_LONG=1: 100
// times as many. What fails names its seed; LEAFLOG_SEED=<seed> meets the same line first.
const INPUTS = process.env.LEAFLOG_LONG === "1" ? 25_000_000 : 250_000;
/** One in so many lines has the spans of its facts looked at too, which is slow. */
const SPANS_EVERY = 16;
const KINDS = ["blank", "malformed", "value", "header", "linked", "linear", "unlinked"];

test(`the classifier agrees with JSON.parse on ${INPUTS} lines`, { timeout: 3_600_000 }, () => {
  const seed = seedOf("LEAFLOG_SEED");
  const counts = new Map<string, number>();
  let inputs = 0;
  for (; inputs < INPUTS; inputs += 1) {
    const random = new Random(seed + inputs);
    const line = hostileLine(random);
    const facts = classifyLine(line);
    counts.set(facts.kind, (counts.get(facts.kind) ?? 0) + 1);
    const chunkBytes = 1 + random.below(64);
    try {
      const { spans: _, ...told } = facts;
      if (!isDeepStrictEqual(told, expectedFacts(line))) expectFacts(line, facts);
      if (inputs % SPANS_EVERY === 0) expectFacts(line, facts);
      // Whole lines above, and every other in chunks.
      if (inputs % 2 === 0 && !isDeepStrictEqual(classifyInChunks(line, chunkBytes), facts)) {
        expect(classifyInChunks(line, chunkBytes)).toStrictEqual(facts);
      }
    } catch (error) {
      const text = JSON.stringify(line.toString("latin1"));
      throw new Error(`LEAFLOG_SEED=${seed + inputs}: ${text}, in chunks of ${chunkBytes}`, {
        cause: error,
      });
    }
  }
  console.log(`${inputs} lines from seed ${seed}: ${JSON.stringify(Object.fromEntries(counts))}`);
  // An input that never comes proves nothing.
  for (const kind of KINDS) expect(counts.get(kind), kind).toBeGreaterThan(INPUTS / 1000);
});
