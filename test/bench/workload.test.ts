import { expect, test } from "vitest";
import { Messages } from "../../bench/workload/messages.js";
import { recordedSize } from "../../bench/workload/recorded-sizes.js";
import { Random } from "../support/random.js";

const KiB = 1024;

test("recorded sizes are those of a session, with tool results and a rare image", () => {
  const random = new Random(1);
  const sizes = Array.from({ length: 100_000 }, () => recordedSize(random)).sort((a, b) => a - b);
  const share = (least: number) => sizes.filter((size) => size >= least).length / sizes.length;
  expect(sizes[0]).toBeGreaterThanOrEqual(93);
  expect(sizes[50_000]).toBeGreaterThan(560);
  expect(sizes[50_000]).toBeLessThan(700);
  expect(share(50 * KiB)).toBeGreaterThan(0.008);
  expect(share(50 * KiB)).toBeLessThan(0.013);
  expect(share(1024 * KiB)).toBeGreaterThan(0.0003);
  expect(share(1024 * KiB)).toBeLessThan(0.0008);
  expect(sizes.at(-1)).toBeLessThan(3 * 1024 * KiB);
});

test("messages are as long as asked for, and the same in every run", () => {
  for (const bytes of [300, 4 * KiB, 1024 * KiB]) {
    const messages = new Messages(bytes);
    const again = new Messages(bytes);
    for (let count = 0; count < 20; count += 1) {
      const json = JSON.stringify(messages.next());
      expect(json.length).toBeGreaterThan(0.2 * bytes);
      expect(json.length).toBeLessThan(1.15 * bytes);
      expect(JSON.stringify(again.next())).toBe(json);
    }
  }
});
