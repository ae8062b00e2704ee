import { describe, expect, test } from "vitest";
import {
  distribution,
  median,
  medianDistribution,
  PROBABILITIES,
  quantile,
  significant,
  spread,
} from "../../bench/harness/statistics.js";

test("the median is the middle one, or lies between the two in the middle, in any order", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 100])).toBe(3);
  expect(median([])).toBeNaN();
});

test("quantiles lie between their neighbours", () => {
  const sorted = [0, 10, 20, 30];
  expect(quantile(sorted, 0)).toBe(0);
  expect(quantile(sorted, 1)).toBe(30);
  expect(quantile(sorted, 0.5)).toBe(15);
  expect(quantile(sorted, 0.9)).toBeCloseTo(27);
});

test("one extreme round moves the extremes and not the median", () => {
  const calm = spread([10, 11, 12, 13, 14]);
  expect(spread([10, 11, 12, 13, 1400])).toEqual({ ...calm, max: 1400 });
});

describe("distributions", () => {
  test("begin with the least and end with the most", () => {
    const values = Array.from({ length: 1001 }, (_, index) => 1000 - index);
    const found = distribution(values);
    expect(found).toHaveLength(PROBABILITIES.length);
    expect(found[0]).toBe(0);
    expect(found[PROBABILITIES.indexOf(0.5)]).toBe(500);
    expect(found[PROBABILITIES.indexOf(0.99)]).toBe(990);
    expect(found.at(-1)).toBe(1000);
  });

  test("of several rounds are merged value by value", () => {
    const round = (factor: number) => PROBABILITIES.map((_, index) => index * factor);
    expect(medianDistribution([round(1), round(900), round(2)])).toEqual(round(2));
  });
});

test("four significant digits are kept", () => {
  expect(significant(123_456.789)).toBe(123_500);
  expect(significant(0.000123456)).toBe(0.0001235);
  expect(significant(0)).toBe(0);
});
