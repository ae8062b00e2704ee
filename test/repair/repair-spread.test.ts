import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairTranscript, verifyTranscript } from "../../src/index.js";
import { CLAUDE_SESSION, CODEX_ROLLOUT } from "../support/format-lines.js";
import { chain, HEADER, message, text, transcript } from "../support/repair/repair-fixture.js";
import { runCli } from "../support/run.js";

const PI = text(HEADER, ...chain(4));
const SESSIONS: [string, string][] = [
  ["pi", PI],
  ["claude-code", CLAUDE_SESSION],
  ["codex", CODEX_ROLLOUT],
];

const valuesOf = (content: string): unknown[] =>
  content
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** The ways in which people and programs put the entries of a session into one file. */
const SHAPES: Record<string, (values: readonly unknown[]) => string> = {
  pretty: (values) => values.map((value) => `${JSON.stringify(value, undefined, 2)}\n`).join(""),
  tabs: (values) => values.map((value) => `${JSON.stringify(value, undefined, "\t")}\r\n`).join(""),
  list: (values) => `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]\n`,
  leading: (values) => `[${values.map((value) => JSON.stringify(value)).join("\n,")}]`,
  "list on one line": (values) => `${JSON.stringify(values)}\n`,
  "pretty list": (values) => `\ufeff${JSON.stringify(values, undefined, 2)}\n`,
};

async function expectSaved(content: string | Buffer, values: readonly unknown[]): Promise<string> {
  const file = await transcript(content);
  const plan = await repairTranscript(file, { dryRun: true });
  const report = await repairTranscript(file);
  expect(report.changes).toEqual(plan.changes);
  expect(valuesOf(readFileSync(file, "utf8"))).toEqual(values);
  expect((await verifyTranscript(file)).problems).toEqual([]);
  expect((await repairTranscript(file)).changed).toBe(false);
  return file;
}

describe("whole records that are not a line each", () => {
  const cases = Object.entries(SHAPES).flatMap(([shape, make]) =>
    SESSIONS.map(([format, content]) => ({ shape, format, content, make })),
  );

  test.each(cases)("$shape, $format: all are saved, in their order", async (session) => {
    const { shape, format, content, make } = session;
    const values = valuesOf(content);
    const file = await transcript(make(values));
    const report = await verifyTranscript(file);
    const isList = shape.includes("list") || shape === "leading";
    expect(report).toMatchObject({ format, content: isList ? "list" : "spread" });
    expect(report.problems).toContain("no-transcript");
    const { code, stdout } = await runCli(["verify", file]);
    expect({ code, next: stdout.includes("next:  ") }).toEqual({ code: 1, next: true });
    expect(stdout).toMatch(/^verdict: +no transcript: .*JSON/m);
    expect(stdout).not.toMatch(/damaged|verdict: +ok/);
    await expectSaved(make(values), values);
  });

  test.each([
    ["a newline", "\n", "\\n"],
    ["a tab", "\t", "\\t"],
    ["an escape", "\u001b", "\\u001b"],
    ["a carriage return and newlines", "\r\n\n", "\\r\\n\\n"],
  ])("with %s that was not escaped", async (_, raw, escaped) => {
    const record = message("m2", "m1", "beforeHEREbehind {}[]");
    const lines = chain(4);
    lines[2] = record.replace("HERE", raw);
    const file = await transcript(text(HEADER, ...lines));
    await repairTranscript(file);
    lines[2] = record.replace("HERE", escaped);
    expect(readFileSync(file, "utf8")).toBe(text(HEADER, ...lines));
  });

  test("with numbers that JSON does not have", async () => {
    const lines = chain(3);
    const at = lines[1]?.indexOf('"message":') as number;
    const before = lines[1]?.slice(0, at);
    const behind = lines[1]?.slice(at);
    lines[1] = `${before}"n":[NaN,-Infinity, Infinity,-1e-5,true,null,1E+2],${behind}`;
    const file = await transcript(text(HEADER, ...lines));
    const report = await repairTranscript(file);
    lines[1] = `${before}"n":[null,null, null,-1e-5,true,null,1E+2],${behind}`;
    expect(readFileSync(file, "utf8")).toBe(text(HEADER, ...lines));
    const damaged = valuesOf(readFileSync(report.damagedFile as string, "utf8"));
    expect(damaged).toMatchObject([{ length: 3 }, { length: 9 }, { length: 8 }]);
  });

  test("beside records that are cut, which go alone", async () => {
    const values = valuesOf(PI);
    const pretty = values.map((value) => JSON.stringify(value, undefined, 2));
    const content = `${pretty.slice(0, 3).join("\n")}\n{"type":"message","te\n${pretty.slice(3).join("\n")}\n`;
    const file = await transcript(content);
    await repairTranscript(file);
    expect(valuesOf(readFileSync(file, "utf8"))).toEqual(values);
  });

  test("are saved whatever is in them, and wherever chunks end", async () => {
    const data = fc.array(fc.record({ s: fc.string({ unit: "binary" }), j: fc.jsonValue() }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(data, fc.constantFrom(...Object.values(SHAPES)), async (all, make) => {
        const values: unknown[] = [JSON.parse(HEADER)];
        all.forEach((value, at) => {
          const links = { id: `e${at}`, parentId: at === 0 ? null : `e${at - 1}` };
          values.push({ type: "custom", ...links, data: JSON.parse(JSON.stringify(value)) });
        });
        await expectSaved(make(values), values);
      }),
      { numRuns: 25 },
    );
  });

  test("a list of a hundred thousand on one line is gone through in little memory", async () => {
    const lines = chain(20_000);
    await expectSaved(
      `[${[HEADER, ...lines].join(",")}]`,
      [HEADER, ...lines].map((line) => JSON.parse(line)),
    );
  });
});

describe("what is no transcript stays as it is", () => {
  const utf16 = (content: string): Buffer => Buffer.from(content, "utf16le");
  const FOREIGN: [string, string | Buffer][] = [
    ["utf-16", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(PI)])],
    ["utf-16", Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(PI).swap16()])],
    ["utf-16", utf16(CLAUDE_SESSION)],
    ["gzip", gzipSync(PI)],
    ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x0a, 0x0d])],
    [
      "other",
      '{"type":"session.start","id":"a","parentId":null}\n{"type":"user.message","id":"b","parentId":"a"}\n',
    ],
    ["other", '{"type":"turn.prompt","input":[]}\n{"cut":'],
    ["other", '{"id":"s","git":{}}\n{"type":"message","id":null,"role":"user","content":[]}\n'],
    ["other", '{"sessionId":"s","id":"1","type":"user"}\n'],
    ["other", '[{"type":"turn.prompt"}]'],
  ];

  test.each(FOREIGN)("%s", async (content, bytes) => {
    const file = await transcript(bytes);
    expect(await verifyTranscript(file)).toMatchObject({
      ok: false,
      content,
      problems: expect.arrayContaining(["no-transcript"]) as string[],
    });
    const { stdout, code } = await runCli(["verify", file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^verdict: +no transcript: /m);
    for (const dryRun of [true, false]) {
      const rejected = expect(repairTranscript(file, { dryRun })).rejects;
      await rejected.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT" });
    }
    expect(readFileSync(file).equals(Buffer.from(bytes as string))).toBe(true);
  });

  test("a format that is named is taken for what it says", async () => {
    const file = await transcript('{"type":"other","id":"a","parentId":null}\n{"cut":');
    expect((await repairTranscript(file, { format: "pi" })).changed).toBe(true);
    expect((await verifyTranscript(file, { format: "pi" })).ok).toBe(true);
  });

  test.each([
    "garbage\n",
    "\0\0\0\0\0",
    "{",
    "[\n1,\n",
    '{"type":"message","id":"x',
  ])("nor is a file emptied of which nothing would be left: %j", async (content) => {
    const file = await transcript(content);
    for (const mode of ["salvage", "tail"] as const) {
      const rejected = expect(repairTranscript(file, { mode, format: "pi" })).rejects;
      await rejected.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT" });
    }
    expect(readFileSync(file, "utf8")).toBe(content);
  });
});
