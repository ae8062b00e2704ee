import { describe, expect, test } from "vitest";
import type { Form } from "../../bench/harness/question.js";
import { reachLines } from "../../bench/output/text.js";
import { QUESTIONS } from "../../bench/questions/questions.js";
import { reachOf, timesBetter } from "../../bench/reach/reach.js";
import type { Figure, Target } from "../../bench/reach/target.js";
import { TARGETS } from "../../bench/reach/targets.js";
import { measuredSeries, questionRecord, runRecord } from "../support/bench/run-record.js";

const RATIO: Target = {
  question: "q",
  asks: "against the other",
  of: { question: "write", case: "small", arm: "leaflog", value: "rate" },
  per: { question: "write", case: "small", arm: "other", value: "rate" },
  atLeast: 1.5,
};

function runOf(mine: number, theirs: number) {
  const series = [
    measuredSeries("small", "leaflog", { rate: mine, gapAboveIdleMs: 3 }),
    measuredSeries("small", "other", { rate: theirs }),
  ];
  return runRecord([questionRecord("write", series)]);
}

describe("a ratio", () => {
  test("is a hit from its bound on, and a miss below", () => {
    expect(reachOf(runOf(300, 200), [RATIO])).toMatchObject([{ measured: 1.5, outcome: "hit" }]);
    expect(reachOf(runOf(299, 200), [RATIO])).toMatchObject([{ outcome: "miss" }]);
  });

  test("with an upper bound is a hit up to it", () => {
    const { atLeast: _, ...rest } = RATIO;
    const target: Target = { ...rest, atMost: 1.2 };
    expect(reachOf(runOf(120, 100), [target])).toMatchObject([
      { outcome: "hit", target: "<= 1.2 x" },
    ]);
    expect(reachOf(runOf(121, 100), [target])).toMatchObject([{ outcome: "miss" }]);
  });

  test("against an arm that was disqualified, or is not available, is not measured and says so", () => {
    const [mine] = runOf(300, 200).questions[0]?.series ?? [];
    const out = {
      case: "small",
      arm: "other",
      state: "disqualified",
      rounds: 0,
      values: {},
    } as const;
    const run = runRecord([questionRecord("write", [mine as never, out])]);
    expect(reachOf(run, [RATIO])).toMatchObject([
      { outcome: "not measured", note: "other: disqualified" },
    ]);
  });
});

test("a figure by itself is held against its bound, with its unit", () => {
  const target: Target = {
    question: "q",
    asks: "worst gap above idle",
    of: { question: "write", arm: "leaflog", value: "gapAboveIdleMs" },
    atMost: 8,
    unit: "ms",
  };
  expect(reachOf(runOf(1, 1), [target])).toMatchObject([
    { measured: 3, unit: "ms", outcome: "hit", note: "small" },
  ]);
});

test("a figure less another is held against its bound, and is not measured without the other", () => {
  const { per: above, atLeast: _, ...rest } = RATIO;
  const target: Target = { ...rest, above: above as Figure, atMost: 50, unit: "ms" };
  expect(reachOf(runOf(300, 250), [target])).toMatchObject([{ measured: 50, outcome: "hit" }]);
  expect(reachOf(runOf(301, 250), [target])).toMatchObject([{ measured: 51, outcome: "miss" }]);
  const [mine] = runOf(300, 250).questions[0]?.series ?? [];
  const alone = runRecord([questionRecord("write", [mine as never])]);
  expect(reachOf(alone, [target])).toMatchObject([{ outcome: "not measured" }]);
});

test("of several cases the first that the run has is taken", () => {
  const target: Target = { ...RATIO, of: { ...RATIO.of, case: ["huge", "small"] } };
  expect(reachOf(runOf(300, 100), [target])).toMatchObject([{ measured: 3, note: "small" }]);
});

test("what the run did not ask has no row", () => {
  expect(reachOf(runRecord([]), TARGETS)).toEqual([]);
});

test("misses are printed as well, and counted", () => {
  const lines = reachLines(
    runRecord([
      questionRecord("awaited", [
        measuredSeries("300 B, new file", "leaflog", { rate: 100 }),
        measuredSeries("300 B, new file", "floor", { rate: 1000 }),
        measuredSeries("300 B, new file", "appendFile", { rate: 10 }),
      ]),
    ]),
  ).join("\n");
  expect(lines).toMatch(/against the floor +>= 0.6 x +0.10 x +miss/);
  expect(lines).toMatch(/against fs.promises.appendFile +>= 1.4 x +10.0 x +hit/);
  expect(lines).toContain("1 of 3 targets hit, 1 missed, 1 not measured");
});

test("more is better for rates, less for times", () => {
  expect(timesBetter("rate", 300, 100)).toBe(3);
  expect(timesBetter("ms", 100, 300)).toBe(3);
});

describe("every target holds figures that are measured", () => {
  const isMeasured = (figure: Figure, form: Form) => {
    const question = QUESTIONS.find(({ name }) => name === figure.question);
    const names = [figure.case ?? ""].flat();
    return question
      ?.series(form)
      .some(
        ({ case: name, arm }) => arm === figure.arm && names.some((one) => name.startsWith(one)),
      );
  };
  test.for(["short", "full"] as const)("in the %s form", (form) => {
    const targets = TARGETS.filter((target) => (target.form ?? form) === form);
    for (const { of, per, above } of targets) {
      expect(isMeasured(of, form), JSON.stringify(of)).toBe(true);
      for (const figure of [per, above]) {
        if (figure) expect(isMeasured(figure, form), JSON.stringify(figure)).toBe(true);
      }
    }
  });
});
