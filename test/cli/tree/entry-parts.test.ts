import { describe, expect, test } from "vitest";
import { entryParts } from "../../../src/cli/tree/entry-parts.js";
import { pageJson, pageText } from "../../../src/cli/tree/page-json.js";
import type { Entry } from "../../../src/entry/entry.js";

const partsOf = (entry: Entry) => entryParts({ entry, offset: 0, length: 10 });

describe("what an entry says", () => {
  test("in a message of pi", () => {
    const content = [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "so" },
      { type: "toolCall", name: "bash", arguments: { command: "ls" } },
      { type: "image", data: "AAAA", mimeType: "image/png" },
      { type: "unheard-of", n: 1 },
    ];
    expect(partsOf({ type: "message", message: { role: "assistant", content } })).toEqual([
      { kind: "thinking", text: "hm" },
      { kind: "text", text: "so" },
      { kind: "call", name: "bash", text: '{\n  "command": "ls"\n}' },
      { kind: "image", text: "image image/png, 4 characters of base64" },
      { kind: "data", text: '{\n  "type": "unheard-of",\n  "n": 1\n}' },
    ]);
    const message = {
      role: "toolResult",
      toolName: "bash",
      content: [{ type: "text", text: "ok" }],
    };
    expect(partsOf({ message })).toEqual([{ kind: "output", name: "bash", text: "ok" }]);
    expect(partsOf({ message: { role: "user", content: "plain" } })).toEqual([
      { kind: "text", text: "plain" },
    ]);
  });

  test("in an entry of Claude Code and of Codex", () => {
    const content = [
      { type: "tool_use", name: "Read", input: { path: "a" } },
      { type: "tool_result", content: [{ type: "text", text: "found" }] },
      { type: "tool_result", content: "also" },
    ];
    expect(partsOf({ type: "user", message: { role: "user", content } })).toEqual([
      { kind: "call", name: "Read", text: '{\n  "path": "a"\n}' },
      { kind: "output", text: "found" },
      { kind: "output", text: "also" },
    ]);
    const codex = [
      { type: "message", role: "user", content: [{ type: "input_text", text: "do" }] },
      { type: "function_call", name: "shell", arguments: '{"command":["ls"]}' },
      { type: "function_call_output", output: "done" },
      { type: "reasoning", summary: [{ type: "summary_text", text: "why" }] },
    ];
    expect(codex.flatMap((payload) => partsOf({ type: "response_item", payload }))).toEqual([
      { kind: "text", text: "do" },
      { kind: "call", name: "shell", text: '{"command":["ls"]}' },
      { kind: "output", text: "done" },
      { kind: "thinking", text: "why" },
    ]);
  });

  test("is all of it where nothing is known of it, and a word about what is not read", () => {
    expect(partsOf({ type: "compaction", summary: "sum" })).toEqual([
      { kind: "text", text: "sum" },
    ]);
    expect(partsOf({ type: "custom", data: 1 })).toEqual([
      { kind: "data", text: '{\n  "type": "custom",\n  "data": 1\n}' },
    ]);
    for (const message of [{}, { content: 7 }, { content: [null, 7, "x"] }]) {
      expect(partsOf({ message } as Entry).length).toBeGreaterThan(0);
    }
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(partsOf({ type: "custom", deep })[0]?.text).toBe("nested too deeply to be shown");
    const oversized = entryParts({ offset: 0, length: 1e8, oversized: {} });
    expect(oversized[0]?.text).toBe("100000000 bytes, not read");
  });
});

test("nothing that stands in a page ends the element in which it stands", () => {
  const evil = { text: "</script><!--<script>", more: "\u2028'\"&" };
  expect(pageJson(evil)).not.toContain("<");
  expect(JSON.parse(pageJson(evil))).toEqual(evil);
  expect(pageText(`<a b="c" d='e'>&`)).not.toMatch(/[<>"']/);
});
