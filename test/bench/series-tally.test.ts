import { expect, test } from "vitest";
import { IDLE } from "../../bench/harness/question.js";
import { aboveIdle } from "../../bench/harness/run-question.js";
import { SeriesTally } from "../../bench/harness/series-tally.js";
import { questionLines } from "../../bench/output/text.js";
import { measuredSeries, questionRecord } from "../support/bench/run-record.js";

const SERIES = { case: "small", arm: "other" };

test("the rounds of a series come to medians and extremes", () => {
  const tally = new SeriesTally(SERIES);
  for (const rate of [5, 1, 3]) tally.add({ result: { values: { rate } } });
  expect(tally.record()).toMatchObject({
    state: "measured",
    rounds: 3,
    values: { rate: { median: 3, min: 1, max: 5 } },
  });
});

test("one file that does not verify disqualifies an arm, and it is shown as such", () => {
  const tally = new SeriesTally(SERIES);
  tally.add({ result: { values: { rate: 1000 } } });
  expect(tally.out).toBe(false);
  tally.add({ result: { values: { rate: 1000 }, fault: "99 lines, not 100" } });
  expect(tally.out).toBe(true);
  const record = tally.record();
  expect(record).toMatchObject({ state: "disqualified", rounds: 0, values: {} });
  const lines = questionLines(questionRecord("write", [record])).join("\n");
  expect(lines).toContain("other disqualified: 99 lines, not 100");
  expect(lines).not.toContain("1,000");
});

test("an arm that cannot be had is told, with the reason", () => {
  const tally = new SeriesTally(SERIES);
  tally.add({ unavailable: "other needs Node 99" });
  const lines = questionLines(questionRecord("write", [tally.record()])).join("\n");
  expect(lines).toContain("other not available: other needs Node 99");
});

test("a trial that broke off is told by what it says of its error", () => {
  const tally = new SeriesTally(SERIES);
  tally.add({
    failed: "ended with exit code 1: file:///x.mjs:1\n\nTypeError: no such thing\n at x",
  });
  const lines = questionLines(questionRecord("write", [tally.record()])).join("\n");
  expect(lines).toContain("other failed: TypeError: no such thing");
});

test("gaps are told above those of the idle process, and never below nothing", () => {
  const [, stalls, calm] = aboveIdle([
    measuredSeries("", IDLE, { gapMs: 2 }),
    measuredSeries("small", "stalls", { gapMs: 12 }),
    measuredSeries("small", "calm", { gapMs: 1 }),
  ]);
  expect(stalls?.values.gapAboveIdleMs?.median).toBe(10);
  expect(calm?.values.gapAboveIdleMs?.median).toBe(0);
});
