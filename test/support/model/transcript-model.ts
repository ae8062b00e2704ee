import type { EntryInput } from "../../../src/index.js";
import { linkedRecordsIn } from "../faults/chain.js";
import { LeafRule, type RuledLine, ruledLine } from "./line-rules.js";

/** An entry as a command hands it in. */
export type ModelEntry = EntryInput & { readonly id: string; readonly targetId?: string | null };

export type Policy = "auto" | "raw" | "reject";

/** What an append has to come to. */
export interface Expected {
  readonly parentId: string | null | undefined;
  readonly batch?: { readonly index: number; readonly size: number };
  readonly entry: ModelEntry;
}

/** A transcript as a text, and what the design says of it. */
export class TranscriptModel {
  readonly policy: Policy;
  /** All of the file; undefined when there is none. */
  text: string | undefined;
  /** Names of the processes whose handles are open, one for each handle. */
  readonly handles: string[] = [];

  constructor(policy: Policy) {
    this.policy = policy;
  }

  get isTorn(): boolean {
    return Boolean(this.text) && !this.text?.endsWith("\n");
  }

  /** The lines, without newlines; a torn tail is the last one. */
  get lines(): string[] {
    const lines = (this.text ?? "").split("\n");
    return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }

  get ruled(): RuledLine[] {
    return this.lines.flatMap((line) => ruledLine(line) ?? []);
  }

  /** What readers give: a malformed line is no entry. */
  get entries(): RuledLine[] {
    return this.ruled.filter(({ kind }) => kind !== "header");
  }

  /** What the chain consists of: whole linked records of malformed lines, too. */
  get chain(): RuledLine[] {
    return this.lines
      .flatMap((line) => ruledLine(line) ?? recordsIn(line))
      .filter(({ kind }) => kind !== "header");
  }

  /** Whether the last line that has a newline, and something on it, is no JSON. */
  get endsDamaged(): boolean {
    const lines = this.isTorn ? this.lines.slice(0, -1) : this.lines;
    const last = lines.findLast((line) => line.trim() !== "");
    return last !== undefined && !isJson(last);
  }

  get ids(): string[] {
    return this.chain.flatMap(({ id }) => id ?? []);
  }

  get shape(): "empty" | "linear" | "linked" {
    const kinds = this.chain.map(({ kind }) => kind);
    return kinds.includes("linked") ? "linked" : kinds.includes("linear") ? "linear" : "empty";
  }

  get leaf(): string | null {
    const rule = new LeafRule();
    for (const entry of this.chain) {
      if (entry.kind === "linked") rule.pass(entry, entry.id as string, entry.parentId ?? null);
      else rule.note(entry.id);
    }
    return rule.leaf;
  }

  /** Whether linear entries stand behind the last linked one. */
  get endsLinear(): boolean {
    const kinds = this.chain.map(({ kind }) => kind);
    return kinds.slice(kinds.lastIndexOf("linked") + 1).includes("linear");
  }

  /** Whether an append is refused for what the transcript is. */
  get isRefused(): boolean {
    return this.endsLinear && this.policy === "reject";
  }

  /** Whether an append begins with a migration. */
  get isMigratedFirst(): boolean {
    return this.endsLinear && this.policy === "auto";
  }

  /** What calls, appended one behind the other as the transcript stands, have to come to. */
  expected(calls: readonly (readonly ModelEntry[])[]): Expected[] {
    const isRaw = this.shape === "linear" && this.policy === "raw";
    const known = new Set(this.ids);
    let leaf = this.leaf;
    return calls.flatMap((entries) =>
      entries.map((entry, index) => {
        const parentId = isRaw ? undefined : leaf;
        if (entry.type !== "leaf") leaf = entry.id;
        else if (entry.targetId === null) leaf = null;
        else if (entry.targetId !== undefined && known.has(entry.targetId)) leaf = entry.targetId;
        known.add(entry.id);
        const batch = { index, size: entries.length };
        return { parentId, entry, ...(entries.length > 1 && { batch }) };
      }),
    );
  }
}

/** The whole linked records of a malformed line. */
export function recordsIn(line: string): RuledLine[] {
  if (isJson(line)) return [];
  return linkedRecordsIn(line).flatMap((record) => ruledLine(JSON.stringify(record)) ?? []);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The answer.
    return false;
  }
}
