import { readFile } from "node:fs/promises";
import { Random } from "./random.js";

/** A session as pi wrote them in version 1: no ids, no parents. */
export interface VersionOneSession {
  readonly name: string;
  readonly content: Buffer;
  /** Lines behind the header, all of them entries. */
  readonly entries: number;
}

/** Names a real session to test with, beside the one that is made. */
const VARIABLE = "LEAFLOG_TEST_SESSION";
const ENTRIES = 1018;
const WORDS = ["line", "pfad/ä", '"quoted"', "\u2028", "\\n", "🌱", "const x = 1;", "\t", "end"];

/** The sessions that tests of migration run with. */
export async function versionOneSessions(): Promise<VersionOneSession[]> {
  const made = madeSession();
  const real = process.env[VARIABLE];
  if (real === undefined || real === "") return [made];
  const content = await readFile(real);
  return [made, { name: "a real session", content, entries: newlinesIn(content) - 1 }];
}

/**
 * A session in the shapes of real ones, the same at each call: turns of a user, an assistant that
 * calls tools and their results; aborted and failed answers; changes of model and thinking level;
 * numbers, escapes and members that a version which does not know them has to carry; results of up
 * to 50 KB.
 */
function madeSession(): VersionOneSession {
  const maker = new SessionMaker();
  const lines = [maker.header(), ...Array.from({ length: ENTRIES }, () => maker.entry())];
  return { name: "a made session", content: Buffer.from(lines.join("")), entries: ENTRIES };
}

class SessionMaker {
  readonly #random = new Random(20251120);
  #time = Date.parse("2025-11-20T08:00:00.000Z");
  #calls: string[] = [];
  #made = 0;

  header(): string {
    return this.#line({ type: "session", id: "0d1c2b3a-made", cwd: "/home/user/project" });
  }

  entry(): string {
    this.#made += 1;
    const call = this.#calls.shift();
    if (call !== undefined) return this.#message(this.#toolResult(call));
    switch (this.#random.below(10)) {
      case 0:
        return this.#line({ type: "thinking_level_change", thinkingLevel: "medium" });
      case 1:
        return this.#line({ type: "model_change", provider: "acme", modelId: `m-${this.#made}` });
      case 2:
      case 3:
        return this.#message({ role: "user", content: [{ type: "text", text: this.#text(200) }] });
      case 4:
        return this.#message(this.#answer([], { stopReason: "aborted", errorMessage: "stopped" }));
      default:
        return this.#message(this.#answer(this.#parts(), { stopReason: "toolUse" }));
    }
  }

  #parts(): object[] {
    const thinking = { type: "thinking", thinking: this.#text(80), thinkingSignature: "c2ln" };
    const calls = Array.from({ length: 1 + this.#random.below(3) }, (_, index) => {
      const id = `call_${this.#made}_${index}`;
      this.#calls.push(id);
      const args = { path: `src/${index}.ts`, edits: [{ from: this.#text(40), to: "" }] };
      return { type: "toolCall", id, name: "edit", arguments: args };
    });
    const text = { type: "text", text: this.#text(300) };
    return this.#random.below(8) === 0 ? [thinking, text, ...calls] : [text, ...calls];
  }

  #answer(content: readonly object[], end: object): object {
    const input = this.#random.below(200_000);
    const cost = {
      input: input * 3e-6,
      output: 1e-9,
      cacheRead: 0,
      cacheWrite: 0,
      total: 0.1 + 0.2,
    };
    const usage = { input, output: 191, cacheRead: 0, cacheWrite: 2 ** 53, cost };
    return {
      role: "assistant",
      content,
      api: "messages",
      provider: "acme",
      model: "m",
      usage,
      ...end,
    };
  }

  #toolResult(toolCallId: string): object {
    const length = this.#random.below(100) === 0 ? 50_000 : 600;
    const more = this.#random.below(3) === 0 ? { details: { diff: this.#text(400) } } : {};
    const content = [{ type: "text", text: this.#text(length) }];
    return { role: "toolResult", toolCallId, toolName: "edit", content, ...more, isError: false };
  }

  #text(length: number): string {
    let text = "";
    while (text.length < length) text += `${WORDS[this.#random.below(WORDS.length)]} `;
    return text;
  }

  #message(message: object): string {
    return this.#line({ type: "message", message: { ...message, timestamp: this.#time } });
  }

  #line({ type, ...rest }: { readonly type: string; readonly [member: string]: unknown }): string {
    this.#time += 1 + this.#random.below(5000);
    const timestamp = new Date(this.#time).toISOString();
    return `${JSON.stringify({ type, timestamp, ...rest })}\n`;
  }
}

function newlinesIn(content: Buffer): number {
  let count = 0;
  for (let at = content.indexOf(0x0a); at !== -1; at = content.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
