import { describe, expect, test } from "vitest";
import { FlagError, parseFlags, ROUNDS } from "../../bench/flags.js";

test("nothing said: all questions, seven rounds of the short form, as text", () => {
  expect(parseFlags([])).toMatchObject({
    words: [],
    arms: undefined,
    form: "short",
    rounds: ROUNDS,
    output: "text",
    reach: false,
    report: undefined,
    from: undefined,
    peers: true,
  });
  expect(ROUNDS).toBeGreaterThanOrEqual(7);
});

test("words name questions, and arms are named one by one", () => {
  const flags = parseFlags(["awaited", "--arm", "leaflog", "synced", "--arm=node:sqlite"]);
  expect(flags).toMatchObject({ words: ["awaited", "synced"], arms: ["leaflog", "node:sqlite"] });
});

test("the full form is asked for by flag or environment", () => {
  expect(parseFlags(["--full"]).form).toBe("full");
  expect(parseFlags([], { LEAFLOG_LONG: "1" }).form).toBe("full");
  expect(parseFlags([], { LEAFLOG_LONG: "0" }).form).toBe("short");
});

test("a word after --report is a question; its file comes with an equals sign", () => {
  const flags = parseFlags(["--report", "synced"]);
  expect(flags).toMatchObject({ report: "bench/report.html", words: ["synced"] });
  expect(parseFlags(["--report=out.html"]).report).toBe("out.html");
});

test("peers can be left out", () => {
  expect(parseFlags(["--no-peers"]).peers).toBe(false);
});

describe("mistakes are told", () => {
  const mistakes = [
    ["--rounds", "0"],
    ["--rounds", "many"],
    ["--rounds=-3"],
    ["--speed"],
    ["--json", "--markdown"],
    ["--arm"],
  ];
  test.for(mistakes.map((args) => ({ args })))("$args", ({ args }) => {
    expect(() => parseFlags(args)).toThrow(FlagError);
  });
});
