import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openTranscript, type TranscriptOptions, verifyTranscript } from "../../src/index.js";
import { mirrorMessages } from "../../src/mirror/index.js";
import { CLAUDE_SESSION, CODEX_ROLLOUT, claudeLine, NOTES } from "../support/format-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { PATH_CALLS } from "../support/path-calls.js";
import { runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const PI = HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a");
const valuesOf = (content: string): unknown[] =>
  content
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
const jsonLines = (...values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");
const utf16 = (content: string): Buffer => Buffer.from(content, "utf16le");

/** What is no text leaflog could read. */
const PACKED: Readonly<Record<string, Buffer>> = {
  "UTF-16 with a BOM": Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(PI)]),
  "UTF-16, the other way round": utf16(CLAUDE_SESSION).swap16(),
  gzip: gzipSync(CODEX_ROLLOUT),
  zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x0a, 0x0d, 0x0a]),
};

/** What is text, but no transcript; the shapes are those of other programs' files. */
const FOREIGN: Readonly<Record<string, string>> = {
  "a list": `[\n${valuesOf(PI)
    .map((value) => JSON.stringify(value))
    .join(",\n")}\n]\n`,
  "a list on one line": JSON.stringify(valuesOf(CODEX_ROLLOUT)),
  "a pretty session": valuesOf(CLAUDE_SESSION)
    .map((value) => `${JSON.stringify(value, undefined, 2)}\n`)
    .join(""),
  "linked events whose types have a dot": jsonLines(
    { type: "session.start", data: {}, id: "1", parentId: null },
    { type: "user.message", data: { content: "x" }, id: "2", parentId: "1" },
  ),
  "a turn log": jsonLines({ type: "metadata", version: "1" }, { type: "turn.prompt", input: [] }),
  "flat lines of a rollout": jsonLines(
    { id: "s", instructions: null, git: {} },
    { type: "message", id: null, role: "user", content: [] },
  ),
  "a chat with ids under a bare session": jsonLines(
    { sessionId: "s", projectHash: "p" },
    { id: "1", type: "user", content: "x" },
    { id: "2", type: "gemini", content: "y" },
  ),
  "messages behind another program's first line": jsonLines(
    { type: "session_start", id: "s", cwd: "/" },
    { type: "message", id: "1", parentId: null, message: { role: "user" } },
  ),
  "lines without types": jsonLines({ role: "user", message: { content: [] } }),
};

const MESSAGE = { role: "user", content: "x" };

const {
  verifyTranscript: _tells,
  repairTranscript: _repairs,
  snapshotTranscript: _copies,
  ...PATH_CALLS_OF_TRANSCRIPTS
} = PATH_CALLS;

/** Every call that needs to know what a file is. */
const CALLS: Readonly<
  Record<string, (file: string, options: Pick<TranscriptOptions, "format">) => Promise<unknown>>
> = {
  ...(PATH_CALLS_OF_TRANSCRIPTS as Record<string, (file: string) => Promise<unknown>>),
  append: (file, options) => opened(file, options, (t) => t.append({ type: "new" })),
  appendMessage: (file, options) => opened(file, options, (t) => t.appendMessage(MESSAGE)),
  appendBatch: (file, options) =>
    opened(file, options, (t) => t.appendBatch([{ type: "new" }, { type: "new" }])),
  "append with a key": (file, options) =>
    opened(file, options, (t) => t.append({ type: "new" }, { idempotencyKey: "k" })),
  transaction: (file, options) =>
    opened(file, options, (t) => t.transaction(async (tx) => tx.append({ type: "new" }))),
  leaf: (file, options) => opened(file, options, (t) => t.leaf()),
  format: (file, options) => opened(file, options, (t) => t.format()),
  mirrorMessages: (file, options) =>
    opened(file, options, (t) => mirrorMessages(t, { scope: "s", messages: [MESSAGE] })),
};

async function opened(
  file: string,
  options: TranscriptOptions,
  run: (transcript: Awaited<ReturnType<typeof openTranscript>>) => Promise<unknown>,
): Promise<unknown> {
  await using transcript = await openTranscript(file, options);
  return await run(transcript);
}

async function fileOf(content: string | Buffer): Promise<string> {
  const file = join(await tempDirectory(), "t.jsonl");
  writeFileSync(file, content);
  return file;
}

describe("what is no transcript", () => {
  const contents = Object.entries({ ...PACKED, ...FOREIGN });

  test.each(contents)("%s is refused by every call, and stays as it is", async (_, content) => {
    const file = await fileOf(content);
    const { ok, content: kind } = await verifyTranscript(file);
    expect({ ok, isTranscript: kind === "transcript" }).toEqual({ ok: false, isTranscript: false });
    for (const [name, call] of Object.entries(CALLS)) {
      const rejected = expect(call(file, {}), name).rejects;
      await rejected.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT", file });
    }
    expect(readFileSync(file).equals(Buffer.from(content as string))).toBe(true);
  });

  test.each([
    "leaf",
    "tail",
    "tree",
    "stats",
    "migrate",
    "append",
  ])("leaflog %s says what it is and what to do", async (command) => {
    for (const [content, words] of [
      [PACKED.gzip as Buffer, "gzip -d"],
      [FOREIGN["a turn log"] as string, "--format"],
    ] as const) {
      const file = await fileOf(content);
      const { code, stdout, stderr } = await runCli([command, file], { input: '{"type":"n"}\n' });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("LEAFLOG_UNKNOWN_FORMAT");
      expect(stderr).toContain(words);
      expect(stderr).not.toContain("empty");
      expect(readFileSync(file).equals(Buffer.from(content as string))).toBe(true);
    }
  });

  test.each(Object.entries(FOREIGN))("%s is taken for what a caller says", async (_, content) => {
    const file = await fileOf(content);
    await using transcript = await openTranscript(file, { format: "claude-code" });
    const { id } = await transcript.append({ type: "user", message: MESSAGE });
    expect(await transcript.leaf()).toMatchObject({ id });
    expect(readFileSync(file, "utf8").startsWith(content)).toBe(true);
  });

  test.each(Object.entries(PACKED))("%s is not, for it is no text", async (_, content) => {
    const file = await fileOf(content);
    for (const format of ["pi", "claude-code", "codex"] as const) {
      for (const [name, call] of Object.entries(CALLS)) {
        // To a rollout of Codex nothing is appended anyway.
        if (format === "codex" && !name.startsWith("read")) continue;
        const rejected = expect(call(file, { format }), name).rejects;
        await rejected.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT" });
      }
    }
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test("is seen when it takes the place of a transcript that is open", async () => {
    const file = await fileOf(PI);
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "new" });
    writeFileSync(file, gzipSync(PI));
    const rejected = { code: "LEAFLOG_UNKNOWN_FORMAT" };
    await expect(transcript.append({ type: "new" })).rejects.toMatchObject(rejected);
    await expect(transcript.tail(1)).rejects.toMatchObject(rejected);
    writeFileSync(file, PI);
    expect(await transcript.append({ type: "new" })).toMatchObject({ parentId: "b" });
  });
});

describe("what may be a transcript is one", () => {
  const own = { type: "note", text: "of a type that only its program knows" };
  const ACCEPTED: Readonly<Record<string, string>> = {
    nothing: "",
    "objects without members": "{\n{}\n{}\n",
    "blank lines": "\n\n",
    "a header alone": HEADER_LINE,
    "a header and types that nobody knows": HEADER_LINE + jsonLines(own),
    "a BOM and a header": `\ufeff${PI}`,
    "half a header": HEADER_LINE.slice(0, 20),
    "half a header, and messages": HEADER_LINE.slice(0, 40) + PI.slice(HEADER_LINE.length),
    "a torn first line and own types": `{"type":"se\n${jsonLines({ ...own, id: "x", parentId: null })}`,
    "linked entries of own types without a header": jsonLines({ ...own, id: "x", parentId: null }),
    "linear messages without a header": linearLine() + linearLine(),
    "a first line of NUL bytes": `${"\0".repeat(64)}\n${PI}`,
    "brackets before a header": `[]\n${PI}`,
    "a line that is no JSON, and nothing else": "garbage\n",
    "notes of Claude Code alone": NOTES.summary + NOTES.queue,
    "an entry of Claude Code with a raw tab": claudeLine("user", "u", null).replace(
      "of u",
      "of\tu",
    ),
    "two entries of Claude Code on a line":
      claudeLine("user", "u", null).trim() + claudeLine("user", "v", "u"),
    "a rollout of Codex": CODEX_ROLLOUT,
  };

  test.each(Object.entries(ACCEPTED))("%s", async (_, content) => {
    const file = await fileOf(content);
    expect((await verifyTranscript(file)).content).toBe("transcript");
    for (const [name, call] of Object.entries(CALLS)) {
      if (name.startsWith("read") || name === "leaf" || name === "format") await call(file, {});
    }
    await using transcript = await openTranscript(file);
    const refusal = await transcript.append({ type: "user" }).catch((error: unknown) => error);
    expect(refusal).not.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT" });
  });

  test("whatever its lines are, where it needs no header", async () => {
    const list = await fileOf(JSON.stringify([own, { type: "message" }]));
    await using other = await openTranscript(list, { header: "optional" });
    await expect(other.append(own)).rejects.toMatchObject({ code: "LEAFLOG_UNKNOWN_FORMAT" });
    const file = await fileOf(jsonLines(own, own));
    await using transcript = await openTranscript(file, { header: "optional", linear: "raw" });
    expect(await transcript.append(own)).toMatchObject({ linked: false });
    expect(await transcript.tail(9)).toHaveLength(3);
    expect(await transcript.leaf()).toMatchObject({ shape: "linear" });
  });
});
