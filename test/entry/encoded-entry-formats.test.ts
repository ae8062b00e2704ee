import { describe, expect, it } from "vitest";
import { EncodedEntry } from "../../src/entry/encoded-entry.js";
import { TRANSCRIPT_FORMATS } from "../../src/entry/transcript-format.js";

const MiB = 1024 * 1024;
const format = TRANSCRIPT_FORMATS["claude-code"];
const encode = (input: unknown) => new EncodedEntry(input, MiB, { format });
const invalid = (name: string) =>
  expect.objectContaining({
    code: "LEAFLOG_INVALID_ARGUMENT",
    message: expect.stringContaining(`\`${name}\``),
  });

describe("an entry of Claude Code", () => {
  it("has the names of its format, and a type of any name", () => {
    const entry = encode({ type: "session", sessionId: "s" });
    expect(JSON.parse(entry.line("p", { index: 0, size: 2 }))).toEqual({
      type: "session",
      uuid: entry.id,
      parentUuid: "p",
      batch: { index: 0, size: 2 },
      timestamp: expect.any(String),
      sessionId: "s",
    });
    expect(entry.line(null)).toContain('"parentUuid":null');
  });

  it("keeps the id that it was given, under either name", () => {
    for (const given of [{ uuid: "mine" }, { id: "mine" }, { id: "mine", uuid: "mine" }]) {
      const entry = encode({ type: "user", ...given });
      expect(entry.id).toBe("mine");
      const line = JSON.parse(entry.line(null));
      expect(line.uuid).toBe("mine");
      expect(line).not.toHaveProperty("id");
    }
  });

  it.each([
    ["uuid", { uuid: "one", id: "other" }],
    ["id", { uuid: 7 }],
    ["id", { uuid: " " }],
    ["parentUuid", { parentUuid: null }],
    ["parentId", { parentId: "p" }],
    ["batch", { batch: {} }],
  ])("is refused for its `%s`", (name, members) => {
    expect(() => encode({ type: "user", ...members })).toThrow(invalid(name));
  });

  it("takes the type of a message from its role", () => {
    const message = (body: object) =>
      new EncodedEntry({ type: "message", message: body }, MiB, { format, isMessage: true });
    expect(message({ role: "assistant" }).type).toBe("assistant");
    expect(() => message({ content: "x" })).toThrow(invalid("message.role"));
  });
});

describe("an entry whose format turns out to be another one", () => {
  const pi = (input: unknown, isMessage = false) => new EncodedEntry(input, MiB, { isMessage });

  it("is written as if it had been known", () => {
    const input = { type: "user", id: "mine", timestamp: "then", n: [1, { x: "é" }] };
    expect(pi(input).in(format).line("p")).toBe(encode(input).line("p"));
    expect(encode(input).in(TRANSCRIPT_FORMATS.pi).line("p")).toBe(pi(input).line("p"));
    expect(encode(input).in(format)).toBeInstanceOf(EncodedEntry);
  });

  it("keeps the id that was made for it, and takes one that stands under the other name", () => {
    const made = pi({ type: "user" });
    expect(made.in(format).id).toBe(made.id);
    expect(pi({ type: "user", uuid: "u" }).in(format).id).toBe("u");
    expect(() => pi({ type: "user", id: "i", uuid: "u" }).in(format)).toThrow(invalid("uuid"));
    expect(() => pi({ type: "user", parentUuid: "p" }).in(format)).toThrow(invalid("parentUuid"));
  });

  it("has its idempotency key outside of the message, which goes to a model as it is", () => {
    const message = { role: "user", content: "x", idempotencyKey: "k" };
    const line = JSON.parse(pi({ type: "message", message }, true).in(format).line(null));
    expect(line).toMatchObject({ type: "user", idempotencyKey: "k" });
    expect(line.message).toEqual({ role: "user", content: "x" });
  });
});
