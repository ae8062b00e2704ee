import { expect, test } from "vitest";
import {
  compareFiles,
  compareToText,
  type FileStat,
  identityText,
  isUntouched,
} from "../../src/file/file-stat.js";

function fileOf(times: {
  birth?: bigint;
  change?: bigint;
  mtime?: bigint;
  ino?: bigint;
}): FileStat {
  const { birth = 0n, change, mtime = 5n, ino = 2n } = times;
  return {
    kind: "file",
    dev: 1n,
    ino,
    size: 10,
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtimeNs: mtime,
    birthtimeNs: birth,
    ...(change !== undefined && { ctimeNs: change }),
  };
}

test.each([
  ["another number", { birth: 3n, change: 9n, ino: 7n }, { birth: 3n, change: 9n }, "another"],
  ["one birth", { birth: 3n, change: 3n }, { birth: 3n, change: 9n }, "same"],
  ["two births", { birth: 3n, change: 8n }, { birth: 4n, change: 9n }, "another"],
  ["two births, one of now", { birth: 3n, change: 8n }, { birth: 9n, change: 9n }, "another"],
  ["births where no change times are told", { birth: 3n }, { birth: 4n }, "another"],
  ["no births", { birth: 0n, change: 8n }, { birth: 0n, change: 9n }, "unproven"],
  ["change times as births", { birth: 8n, change: 8n }, { birth: 9n, change: 9n }, "unproven"],
  [
    "a change time as birth, unchanged",
    { birth: 8n, change: 8n },
    { birth: 8n, change: 8n },
    "same",
  ],
] as const)("two looks: %s", (_, a, b, sameness) => {
  for (const [then, now] of [
    [fileOf(a), fileOf(b)],
    [fileOf(b), fileOf(a)],
  ] as const) {
    expect(compareFiles(then, now)).toBe(sameness);
    expect(compareToText(identityText(then), now)).toBe(sameness);
  }
});

test("a text that is none is of no file", () => {
  for (const text of ["", "1:2", "1:2:x", "1:2:3?4", "a:2:3"]) {
    expect(compareToText(text, fileOf({ birth: 3n }))).toBe("another");
  }
});

test("an identity kept without a mark is believed", () => {
  expect(compareToText("1:2:3", fileOf({ birth: 9n, change: 9n }))).toBe("another");
  expect(compareToText("1:2:9", fileOf({ birth: 9n, change: 9n }))).toBe("same");
});

test("untouched is what has its time and its size", () => {
  const file = fileOf({ birth: 8n, change: 8n });
  expect(isUntouched(file, fileOf({ birth: 9n, change: 9n }))).toBe(true);
  expect(isUntouched(file, fileOf({ birth: 9n, change: 9n, mtime: 6n }))).toBe(false);
  expect(isUntouched(file, { ...fileOf({ birth: 9n, change: 9n }), size: 11 })).toBe(false);
});
