import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTranscript, type VerifyReport, verifyTranscript } from "../../src/index.js";
import { FaultPort } from "../support/fault-port.js";
import { failing } from "../support/fault-strikes.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

async function transcript(content: string | Buffer): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  return file;
}

const verify = async (content: string | Buffer): Promise<VerifyReport> =>
  verifyTranscript(await transcript(content));

const A = linkedLine("a", null);
const B = linkedLine("b", "a");
const C = linkedLine("c", "b");
const cut = (line: string): string => line.slice(0, -9);
const joined = (...lines: string[]): string => lines.map((line) => line.trimEnd()).join("");

test("a transcript that leaflog wrote is whole", async () => {
  const file = await transcript("");
  await using open = await openTranscript(file, { sessionId: "s" });
  await open.appendBatch([{ type: "x" }, { type: "message" }]);
  const { id } = await open.appendMessage({ role: "user" });
  expect(await verifyTranscript(file)).toMatchObject({
    file,
    ok: true,
    problems: [],
    lines: 4,
    header: { state: "header", id: "s", version: 3 },
    counts: { entries: 3, linked: 3, linear: 0, unlinked: 0, headers: 1, malformed: 0 },
    types: { x: 1, message: 2 },
    malformed: { total: 0, first: [], records: 0 },
    interruptedBatches: { total: 0 },
    leaf: { id, shape: "linked" },
    links: { branchLength: 3, branchWhole: true, roots: { total: 1 }, forks: { total: 0 } },
  });
});

test.each([
  ["nothing", "", { state: "empty" }, []],
  ["blank lines", "\n \r\n", { state: "empty" }, []],
  ["no header", A, { state: "missing", offset: 0, length: A.length - 1 }, ["header"]],
  ["a header without an id", '{"type":"session"}\n', { state: "missing" }, ["header"]],
  ["a header behind blank lines", `\n${HEADER_LINE}`, { state: "header", id: "session-1" }, []],
  ["a header behind a BOM", `\uFEFF${HEADER_LINE}`, { state: "header" }, []],
])("the header of a file that begins with %s", async (_, content, header, problems) => {
  expect(await verify(content)).toMatchObject({ header, problems, ok: problems.length === 0 });
});

test.each([
  ["cut", cut(A), 0],
  ["spliced", joined(cut(A), B), 1],
  ["spliced", joined(A, cut(B)), 1, "duplicate-ids"],
  ["spliced", joined(A, "…"), 1, "duplicate-ids"],
  ["fused", joined(A, B, C), 3, "duplicate-ids"],
  ["nul", `${"\0".repeat(9)}${joined(A)}`, 1, "duplicate-ids"],
  ["nul", "\0", 0],
  // Of B nothing is left that C could name.
  ["nul", `${joined(A)}\0${joined(cut(B), C)}`, 2, "dangling", "duplicate-ids"],
  ["nul", '{"type":"message","text":"\0"}', 0],
  ["no-json", "garbage", 0],
  ["no-json", '"text"}', 0],
  ["no-json", "\uFFFD{", 0],
  ["fused", joined(A, B).repeat(5000), 10_000, "duplicate-ids"],
  ["cut", `{"text":"${"x".repeat(3_000_000)}`, 0],
] as [
  string,
  string,
  number,
  ...string[],
][])("a malformed line is known by its looks: %s", async (signature, line, records, ...links) => {
  const { malformed, problems, counts } = await verify(`${HEADER_LINE}\n${line}\n${A}`);
  expect(malformed).toMatchObject({
    total: 1,
    records,
    signatures: { cut: 0, spliced: 0, fused: 0, nul: 0, "no-json": 0, [signature]: 1 },
    first: [
      {
        line: 3,
        offset: HEADER_LINE.length + 1,
        length: Buffer.byteLength(line),
        signature,
        records,
      },
    ],
  });
  expect(problems).toEqual(["malformed", ...links]);
  expect(counts).toMatchObject({ malformed: 1, entries: 1, blank: 1 });
});

test("of many malformed lines the first are listed and all are counted", async () => {
  const { malformed } = await verify(HEADER_LINE + "x\n".repeat(250) + "\0\n".repeat(50));
  expect(malformed).toMatchObject({ total: 300, signatures: { "no-json": 250, nul: 50 } });
  expect(malformed.first).toHaveLength(100);
  expect(malformed.first.at(-1)).toMatchObject({ line: 101 });
});

test.each([
  ["a whole entry", B.trimEnd(), "entry", ["tail"], "b"],
  ["half an entry", cut(B), "malformed", ["malformed", "tail"], "a"],
  ["NUL bytes", "\0\0", "malformed", ["malformed", "tail"], "a"],
  ["white space", "  ", "malformed", ["tail"], "a"],
])("a tail without a newline: %s", async (_, tail, kept, problems, leaf) => {
  const before = HEADER_LINE + A;
  expect(await verify(before + tail)).toMatchObject({
    unterminatedTail: { offset: before.length, length: tail.length, kept },
    problems,
    leaf: { id: leaf },
  });
});

describe("links", () => {
  test("to parents that are not there", async () => {
    const lines = HEADER_LINE + A;
    const { links, problems } = await verify(
      lines + linkedLine("x", "lost") + linkedLine("y", "x") + cut(B),
    );
    expect(problems).toEqual(["malformed", "tail", "dangling"]);
    expect(links).toMatchObject({
      dangling: { total: 1, first: [{ offset: lines.length, id: "x", parentId: "lost" }] },
      branchLength: 2,
      branchWhole: false,
    });
  });

  test("that fork, and more than one root", async () => {
    const { links, ok } = await verify(
      HEADER_LINE + A + B + linkedLine("b2", "a") + linkedLine("b3", "a") + linkedLine("r", null),
    );
    expect(ok).toBe(true);
    expect(links).toMatchObject({
      forks: { total: 1, first: [{ id: "a", children: 3, offset: HEADER_LINE.length }] },
      roots: { total: 2, first: [{ id: "a" }, { id: "r" }] },
      branchLength: 1,
    });
  });

  test("that go round", async () => {
    const circle = linkedLine("p", "r") + linkedLine("q", "p") + linkedLine("r", "q");
    const { links, problems } = await verify(
      HEADER_LINE + A + circle + linkedLine("s", "s") + linkedLine("t", "q"),
    );
    expect(problems).toEqual(["cycles"]);
    expect(links?.cycles).toMatchObject({
      total: 2,
      first: [{ entries: 3 }, { id: "s", entries: 1 }],
    });
    expect(links?.branchWhole).toBe(false);
  });

  test("to an id that entries share", async () => {
    const { links, problems } = await verify(
      HEADER_LINE + A + B + A + linkedLine("b", "a", { other: true }) + C,
    );
    expect(problems).toEqual(["duplicate-ids"]);
    const before = HEADER_LINE.length + A.length + B.length;
    expect(links?.duplicates).toEqual({
      same: { total: 1, first: [{ offset: before, id: "a" }] },
      different: { total: 1, first: [{ offset: before + A.length, id: "b" }] },
    });
  });

  test("that lead back from an entry in another's place make a circle", async () => {
    const { problems } = await verify(HEADER_LINE + A + B + linkedLine("a", "b"));
    expect(problems).toEqual(["duplicate-ids", "cycles"]);
  });

  test("are not checked beyond so many ids, and said not to be", async () => {
    const file = await transcript(HEADER_LINE + A + B + linkedLine("x", "lost"));
    const full = await verifyTranscript(file, { maxEntries: 3 });
    expect(full.problems).toEqual(["links-unchecked"]);
    expect(full).not.toHaveProperty("links");
    expect((await verifyTranscript(file, { maxEntries: 4 })).problems).toEqual(["dangling"]);
  });
});

test("linear entries are a problem, and counted", async () => {
  expect(await verify(`${HEADER_LINE + linearLine() + A}{"id":"u","parentId":7}\n`)).toMatchObject({
    problems: ["linear"],
    counts: { entries: 3, linked: 1, linear: 1, unlinked: 1 },
  });
});

test("interrupted batches are told by what is there of them", async () => {
  const member = (id: string, parentId: string | null, index: number, size: number): string =>
    linkedLine(id, parentId, { batch: { index, size } });
  const whole = member("w0", null, 0, 2) + member("w1", "w0", 1, 2);
  const open = member("o0", "w1", 0, 3) + member("o1", "o0", 1, 3);
  const headless = member("h1", "w1", 1, 2);
  const before = HEADER_LINE + whole;
  const { interruptedBatches, ok } = await verify(before + open + A + headless);
  expect(ok).toBe(true);
  expect(interruptedBatches).toMatchObject({
    total: 2,
    first: [
      { offset: before.length, present: 2, size: 3 },
      { offset: (before + open + A).length, present: 1, size: 2 },
    ],
  });
  expect((await verify(before + open)).leaf.id).toBe("w1");
});

test("types beyond a thousand are counted together", async () => {
  const lines = Array.from(
    { length: 1200 },
    (_, at) => `{"type":"t${at}","id":"i${at}","parentId":null}\n`,
  );
  const { types } = await verify(`${HEADER_LINE}${lines.join("")}{"id":"n","parentId":null}\n`);
  expect(Object.keys(types)).toHaveLength(1001);
  expect(types["(other)"]).toBe(201);
  expect(await verify(`${HEADER_LINE}{"id":"n","parentId":null}\n`)).toMatchObject({
    types: { "(none)": 1 },
  });
});

test("the longest line is told", async () => {
  const long = linkedLine("long", null, { text: "x".repeat(2_000_000) });
  expect((await verify(HEADER_LINE + A + long + B)).longestLine).toEqual({
    line: 3,
    offset: HEADER_LINE.length + A.length,
    length: long.length - 1,
  });
});

describe("a reading", () => {
  test("needs a file", async () => {
    const file = join(await tempDirectory(), "none.jsonl");
    await expect(verifyTranscript(file)).rejects.toMatchObject({
      code: "LEAFLOG_READ_FAILED",
      file,
      cause: { code: "ENOENT" },
    });
    await expect(verifyTranscript(file, { maxEntries: 0 })).rejects.toMatchObject({
      code: "LEAFLOG_INVALID_ARGUMENT",
    });
  });

  test("that fails at any step is told, with its cause, and leaves nothing open", async () => {
    const file = await transcript(HEADER_LINE + A + A + cut(B) + "x".repeat(70_000));
    for (let nth = 1; ; nth += 1) {
      const port = new FaultPort({
        strike: failing("EIO"),
        nth,
        once: true,
        matches: ({ name }) => name.startsWith("file.") || name === "open",
      });
      const outcome = await verifyTranscript(file, { fileSystem: port.fileSystem }).catch(
        (error: unknown) => error,
      );
      expect(port.openFiles).toBe(0);
      if (port.struck.length === 0) break;
      expect(outcome).toMatchObject({ code: "LEAFLOG_READ_FAILED", file, cause: { code: "EIO" } });
    }
  });

  test("takes no lock and opens nothing to write", async () => {
    const names = new Set<string>();
    const port = new FaultPort({
      strike: ({ name, args }, run) => {
        names.add(name === "open" ? `open to ${args[1]}` : name);
        return run();
      },
      nth: 1,
      once: false,
    });
    await verifyTranscript(await transcript(HEADER_LINE + A + cut(B)), {
      fileSystem: port.fileSystem,
    });
    expect([...names].filter((name) => !name.startsWith("re")).sort()).toEqual([
      "file.close",
      "file.read",
      "file.stat",
      "open to read",
    ]);
  });

  test("can be aborted", async () => {
    const file = await transcript(HEADER_LINE + A.repeat(50_000));
    const controller = new AbortController();
    const reading = verifyTranscript(file, {
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    });
    await expect(reading).rejects.toMatchObject({ code: "LEAFLOG_ABORTED", cause: "enough", file });
    await expect(verifyTranscript(file, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "LEAFLOG_ABORTED",
    });
  });

  test("tells how far it is, and hands on what its listener throws", async () => {
    const file = await transcript(HEADER_LINE + A.repeat(20_000) + joined(cut(A), B).repeat(2000));
    const told: number[] = [];
    const { bytes } = await verifyTranscript(file, { onProgress: (done) => told.push(done) });
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(bytes);
    const thrown = new Error("enough");
    const reading = verifyTranscript(file, {
      onProgress: () => {
        throw thrown;
      },
    });
    await expect(reading).rejects.toBe(thrown);
  });
});

test("an entry whose id a later one has is missed its parent all the same", async () => {
  const hidden = linkedLine("x", "lost");
  const content = HEADER_LINE + A + hidden + linkedLine("x", "a") + linkedLine("y", "x");
  expect(await verify(content)).toMatchObject({
    problems: ["dangling", "duplicate-ids"],
    links: {
      dangling: {
        total: 1,
        first: [{ offset: (HEADER_LINE + A).length, id: "x", parentId: "lost" }],
      },
    },
  });
  // Its parent comes later, and is there then.
  const later = await verify(content + linkedLine("lost", "y"));
  expect(later.links?.dangling.total).toBe(0);
});
