import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type EntryInput, openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";
import { expectAgreement, expectOneChain } from "./agreement.js";
import { assistantMessage, userMessage } from "./pi-session.js";

const TIMESTAMP = "2026-01-01T00:00:00.000Z";

const newFile = async () => join(await tempDirectory(), "session.jsonl");

describe("pi opens what leaflog wrote", () => {
  test("and finds leaflog's header", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file, { sessionId: "a-session", cwd: "/work" });
    await transcript.appendMessage(userMessage("hello"));
    const { pi } = await expectAgreement(file);
    expect(pi.getHeader()).toEqual(await transcript.header());
    expect(pi.getHeader()).toMatchObject({ id: "a-session", version: 3 });
  });

  test("and sees every type of entry unchanged", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    const { id: firstId } = await transcript.appendMessage(userMessage("hello"));
    const inputs: EntryInput[] = [
      { type: "message", message: assistantMessage("hi") },
      {
        type: "custom",
        customType: "counter",
        data: { count: 1, nested: [null, true, "ä\u2028"] },
      },
      { type: "custom_message", customType: "note", content: "a note", display: true },
      { type: "model_change", provider: "anthropic", modelId: "claude-opus-4" },
      { type: "thinking_level_change", thinkingLevel: "high" },
      { type: "compaction", summary: "so far", firstKeptEntryId: firstId, tokensBefore: 1234 },
      { type: "label", targetId: firstId, label: "the beginning" },
      { type: "session_info", name: "a name" },
      { type: "branch_summary", fromId: firstId, summary: "what was tried" },
      { type: "of_another_program", payload: { deep: [{ deeper: "\u0000\u001b[31m" }] } },
      { type: "custom", id: "an-id-of-the-caller", customType: "own id" },
    ].map((input) => ({ ...input, timestamp: TIMESTAMP }));
    const expected: unknown[] = [];
    for (const input of inputs) {
      const { id, parentId } = await transcript.append(input);
      expected.push({ ...input, id, parentId });
    }
    const { pi, entries } = await expectAgreement(file);
    expect(pi.getEntries().slice(1)).toEqual(expected);
    expectOneChain(entries);
    expect(pi.getEntry("an-id-of-the-caller")).toMatchObject({ customType: "own id" });
    expect(pi.getLabel(firstId)).toBe("the beginning");
    expect(pi.getSessionName()).toBe("a name");
  });

  test("and sees batches as entries behind one another", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(userMessage("hello"));
    const inputs = [assistantMessage("one"), assistantMessage("two"), userMessage("three")].map(
      (message) => ({ type: "message", timestamp: TIMESTAMP, message }),
    );
    const results = await transcript.appendBatch(inputs);
    const { pi, entries } = await expectAgreement(file);
    expectOneChain(entries);
    const expected = inputs.map((input, index) => ({
      ...input,
      id: results[index]?.id,
      parentId: results[index]?.parentId,
      batch: { index, size: inputs.length },
    }));
    expect(pi.getEntries().slice(1)).toEqual(expected);
  });

  test("and sees appends that were under way at once as one chain", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    await Promise.all(texts.map((text) => transcript.appendMessage(assistantMessage(text))));
    const { pi, entries } = await expectAgreement(file);
    expectOneChain(entries);
    expect(pi.buildSessionContext().messages.map(textOf)).toEqual(texts);
  });
});

describe("pi's context", () => {
  test("has the messages, the model and the thinking level that leaflog appended", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.append({ type: "model_change", provider: "openai", modelId: "gpt-5" });
    await transcript.append({ type: "thinking_level_change", thinkingLevel: "medium" });
    await transcript.appendMessage(userMessage("a question"));
    await transcript.append({ type: "custom", customType: "state", data: "not for the model" });
    await transcript.append({ type: "unknown", content: "neither" });
    const { pi } = await expectAgreement(file);
    expect(pi.buildSessionContext()).toEqual({
      messages: [userMessage("a question")],
      thinkingLevel: "medium",
      model: { provider: "openai", modelId: "gpt-5" },
    });
  });

  test("begins at the entry that a compaction keeps", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(userMessage("forgotten"));
    const kept = await transcript.appendMessage(assistantMessage("kept"));
    await transcript.append({
      type: "compaction",
      summary: "there was a question",
      firstKeptEntryId: kept.id,
      tokensBefore: 100,
    });
    await transcript.appendMessage(userMessage("afterwards"));
    const { pi } = await expectAgreement(file);
    const [summary, ...rest] = pi.buildSessionContext().messages;
    expect(summary).toMatchObject({ role: "compactionSummary", summary: "there was a question" });
    expect(rest).toEqual([assistantMessage("kept"), userMessage("afterwards")]);
  });
});

function textOf(message: { readonly [member: string]: unknown }): string | undefined {
  return (message.content as { text: string }[])[0]?.text;
}
