import { describe, expect, it } from "vitest";
import { CLAUDE_CODE_AGENT, TRANSCRIPT_FORMATS } from "../../src/entry/transcript-format.js";
import { findStart } from "../../src/scan/find-start.js";
import {
  boundaryLine,
  CLAUDE_SESSION,
  CODEX_LINES,
  CODEX_ROLLOUT,
  claudeLine,
  NOTES,
} from "../support/format-lines.js";
import { HEADER_LINE, linearLine, linkedLine } from "../support/lines.js";
import { MemoryFile } from "../support/memory-file.js";

const start = (content: string, format?: (typeof TRANSCRIPT_FORMATS)["pi"]) =>
  findStart(new MemoryFile(content), Buffer.byteLength(content), { format });
const agentLine = claudeLine("user", "s1", null, { isSidechain: true });

describe("the format that a file shows", () => {
  it.each([
    ["nothing", "", "pi"],
    ["blank lines", "\n \n", "pi"],
    ["a header", HEADER_LINE, "pi"],
    ["a header before entries of others", HEADER_LINE + CLAUDE_SESSION, "pi"],
    ["damage before a header", `x\n${HEADER_LINE}`, "pi"],
    ["linked entries without a header", linkedLine("a", null), "pi"],
    ["linear entries without a header", linearLine() + linearLine({ uuid: "u" }), "pi"],
    ["no sign at all", '{"a":1}\n7\n', "pi"],
    ["a session of Claude Code", CLAUDE_SESSION, "claude-code"],
    ["a BOM before it", `\ufeff${CLAUDE_SESSION}`, "claude-code"],
    ["damage before it", `\0\0\0\n{"uuid":\n7\n${CLAUDE_SESSION}`, "claude-code"],
    ["an entry of it that is cut", claudeLine("user", "u", null).slice(0, 60), "claude-code"],
    ["a long entry of it", claudeLine("user", "u", null, { x: "y".repeat(99_999) }), "claude-code"],
    [
      "two of its lines in one",
      NOTES.summary.trim() + claudeLine("user", "u", null),
      "claude-code",
    ],
    ["a summary", NOTES.summary, "claude-code"],
    ["a file history", NOTES.snapshot, "claude-code"],
    [
      "a file history of an older version",
      '{"type":"file-history-snapshot","messageId":"m","snapshot":{}}\n',
      "claude-code",
    ],
    ["a queue", NOTES.queue + NOTES.queue, "claude-code"],
    ["a compaction", boundaryLine("b", "elsewhere"), "claude-code"],
    ["a rollout of Codex", CODEX_ROLLOUT, "codex"],
    ["a rollout without its first line", CODEX_LINES.slice(1).join(""), "codex"],
    ["a rollout whose first line is cut", CODEX_ROLLOUT.slice(150), "codex"],
    ["a payload that is no object", '{"timestamp":"t","type":"event_msg","payload":7}\n', "pi"],
    ["a payload of an entry", linkedLine("a", null, { payload: {}, type: "event_msg" }), "pi"],
  ])("by %s", async (_, content, name) => {
    const { format, header } = await start(content);
    expect(format.name).toBe(name);
    expect(header.state === "none").toBe(name !== "pi");
  });

  it("is that of an agent's own file where no entry is of a main chain", async () => {
    const claude = TRANSCRIPT_FORMATS["claude-code"];
    expect((await start(CLAUDE_SESSION)).format).toBe(claude);
    expect((await start(agentLine + NOTES.queue + agentLine)).format).toBe(CLAUDE_CODE_AGENT);
    expect((await start(agentLine, claude)).format).toBe(CLAUDE_CODE_AGENT);
    expect((await start(HEADER_LINE, claude)).format).toBe(claude);
    expect((await start(CODEX_ROLLOUT, claude)).format).toBe(claude);
  });

  it.each([
    ["an entry that says so", claudeLine("user", "u", null)],
    ["one that does not say it", '{"parentUuid":null,"uuid":"u","type":"user"}\n'],
    ["one that is cut behind that", claudeLine("user", "u", null).slice(0, 60)],
    ["one without a newline", claudeLine("user", "u", null).trimEnd()],
    ["one behind notes", NOTES.summary + NOTES.snapshot + claudeLine("user", "u", "s1")],
  ])("is that of a session as soon as %s is of the main chain", async (_, main) => {
    const claude = TRANSCRIPT_FORMATS["claude-code"];
    for (const before of [agentLine, agentLine.repeat(7), agentLine.repeat(20_000)]) {
      for (const said of [undefined, claude]) {
        expect((await start(before + main, said)).format).toBe(claude);
        expect(await start(before, said)).toMatchObject({ certain: false });
      }
    }
    expect((await start(main + agentLine)).certain).toBe(true);
  });

  it("of an agent's own file stands where entries are cut, or say late what they are", async () => {
    const { isSidechain, ...rest } = JSON.parse(agentLine);
    const late = `${JSON.stringify({ ...rest, x: "y".repeat(99_999), isSidechain })}\n`;
    for (const content of [agentLine + agentLine.slice(0, 20), late, late + agentLine]) {
      expect((await start(content)).format).toBe(CLAUDE_CODE_AGENT);
    }
    expect((await start(late + claudeLine("user", "u", null))).format).toBe(
      TRANSCRIPT_FORMATS["claude-code"],
    );
  });

  it("is what the caller says, whatever it shows", async () => {
    for (const format of Object.values(TRANSCRIPT_FORMATS)) {
      for (const content of ["", HEADER_LINE, CLAUDE_SESSION, CODEX_ROLLOUT]) {
        expect((await start(content, format)).format).toBe(format);
      }
    }
  });

  it("is certain when it showed", async () => {
    for (const content of [HEADER_LINE, CLAUDE_SESSION, CODEX_ROLLOUT, linkedLine("a", null)]) {
      expect((await start(content)).certain).toBe(true);
    }
    for (const content of ["", "\n", linearLine()]) {
      expect((await start(content)).certain).toBe(false);
    }
  });

  it("costs what the header costs where there is one, and 64 KiB at most besides", async () => {
    const long = HEADER_LINE + linkedLine("a", null).repeat(100_000);
    const file = new MemoryFile(long);
    await findStart(file, long.length);
    expect(file).toMatchObject({ reads: 1, bytesRead: 4096 });
    const none = new MemoryFile(linearLine().repeat(100_000));
    await findStart(none, (await none.stat()).size);
    expect(none.bytesRead).toBe(4096 + 65_536);
  });

  const long = "x".repeat(70_000);
  const sorted = (line: string): string => {
    const { message, payload, type, timestamp, ...rest } = JSON.parse(line);
    return `${JSON.stringify({ message, payload, ...rest, timestamp, type })}\n`;
  };

  it.each([
    [
      "a long entry whose parent comes last",
      sorted(claudeLine("user", "u", null, { message: { long } })),
      "claude-code",
    ],
    [
      "a summary that is long",
      `{"type":"summary","summary":"${long}","leafUuid":"u"}\n`,
      "claude-code",
    ],
    [
      "a rollout whose type comes last",
      sorted(CODEX_LINES[0]?.replace('"payload":{', `"payload":{"x":"${long}",`) ?? ""),
      "codex",
    ],
    [
      "the line behind damage that is long",
      `{"${long.repeat(9)}\n${CLAUDE_SESSION}`,
      "claude-code",
    ],
    ["the fourth of long lines", `{"x":"${long}\n`.repeat(3) + CODEX_ROLLOUT, "codex"],
    ["a header behind damage that is long", `${long}\n${HEADER_LINE}`, "pi"],
  ])("shows by %s, wherever a window ends", async (_, content, name) => {
    expect((await start(content)).format.name).toBe(name);
    const { certain, content: kind } = await start(content);
    expect({ certain, kind }).toEqual({ certain: true, kind: "transcript" });
    const named = await start(content, TRANSCRIPT_FORMATS["claude-code"]);
    expect(named.format).toBe(TRANSCRIPT_FORMATS["claude-code"]);
  });

  it.each([
    [
      "spread",
      (values: object[]) => values.map((value) => JSON.stringify(value, undefined, 2)).join("\n"),
    ],
    ["list", (values: object[]) => JSON.stringify(values)],
    ["list", (values: object[]) => ` [\n${JSON.stringify(values, undefined, 1).slice(1)}`],
  ])("shows in the first record of a %s, however long that is", async (kind, make) => {
    const first = JSON.parse(claudeLine("user", "u", null, { message: { long } })) as object;
    const values = [first, JSON.parse(claudeLine("user", "v", "u")) as object];
    for (const content of [make(values), make([{ type: "note", long }, ...values])]) {
      const found = await start(content);
      expect(found.content).toBe(content.includes("note") ? "other" : kind);
    }
    expect((await start(make(values))).format.name).toBe("claude-code");
  });

  it("shows in records over several lines, though a part of one is an object on a line", async () => {
    const part = '{ "type": "text", "text": "x" }';
    const content = `{\n"uuid": "u", "parentUuid": null,\n"type": "user",\n"content": [\n${part}\n]\n}\n`;
    expect(await start(content)).toMatchObject({
      format: { name: "claude-code" },
      content: "spread",
    });
  });

  it("is looked for in a few lines, however long they are", async () => {
    const content = `{"x":"${long}\n`.repeat(40);
    const file = new MemoryFile(content);
    expect((await findStart(file, content.length)).certain).toBe(false);
    expect(file.bytesRead).toBeLessThan(16 * long.length);
  });

  it("is looked for in the first 64 KiB alone, however short the reads are", async () => {
    const far = linearLine().repeat(2000) + CODEX_ROLLOUT;
    expect((await start(far)).format.name).toBe("pi");
    const file = new MemoryFile(CODEX_ROLLOUT, 7);
    expect((await findStart(file, CODEX_ROLLOUT.length)).format.name).toBe("codex");
    // The file got shorter since its size was asked for.
    expect((await findStart(file, 1_000_000)).format.name).toBe("codex");
  });
});
