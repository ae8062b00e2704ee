import { linkedRecordsIn } from "../faults/chain.js";

/** A line of a transcript that is an object. */
export interface TranscriptLine {
  readonly index: number;
  readonly id?: string;
  readonly type?: string;
  readonly parentId?: string | null;
  readonly batch?: { readonly index: number; readonly size: number };
}

/** The lines of a transcript, read without leaflog: what a test holds leaflog's promises against. */
export class TranscriptLines {
  /** Undefined where a line is no object. */
  readonly lines: readonly (TranscriptLine | undefined)[];
  readonly byId: ReadonlyMap<string, TranscriptLine>;
  /** The ids from the last entry to its root. */
  readonly branch: ReadonlySet<string>;

  /** @throws Error when an id comes twice, or a parent on the branch is missing or stands later. */
  constructor(content: Buffer) {
    ensure(content.at(-1) === 0x0a, "there is no newline at the end");
    const inner: TranscriptLine[] = [];
    this.lines = splitLines(content).map((text, index) => {
      const line = parseLine(text);
      if (line !== undefined) return { ...line, index };
      // Whole linked entries of a line that is no JSON count, in their order.
      const records = linkedRecordsIn(text);
      const places = records.map((record, at) => ({
        ...record,
        index: index + at / records.length,
      }));
      inner.push(...places);
      return undefined;
    });
    const byId = new Map<string, TranscriptLine>();
    for (const line of [...this.lines, ...inner]) {
      if (line?.id === undefined || line.type === "session") continue;
      ensure(!byId.has(line.id), `the id ${line.id} comes twice`);
      byId.set(line.id, line);
    }
    this.byId = byId;
    const branch = new Set<string>();
    let id: string | null | undefined = this.lines.at(-1)?.id;
    while (id && !branch.has(id)) {
      branch.add(id);
      id = byId.get(id)?.parentId;
    }
    this.branch = branch;
  }

  /** How many lines behind the header are no objects. */
  get broken(): number {
    return this.lines.filter((line, index) => line === undefined && index > 0).length;
  }

  /** @throws Error unless the branch leads to a root, each parent standing before its child. */
  ensureBranchWhole(): void {
    for (const id of this.branch) {
      const { index = -1, parentId } = this.byId.get(id) ?? {};
      ensure(index >= 0, `the branch names ${id}, which is not there`);
      const parent = parentId ? this.byId.get(parentId) : undefined;
      ensure((parent?.index ?? -1) < index, `${id} stands before its parent`);
    }
  }

  /** @throws Error when the branch has a part of a batch. */
  ensureBatchesWhole(): void {
    for (const [at, line] of this.lines.entries()) {
      const { id, batch } = line ?? {};
      if (batch === undefined || id === undefined || !this.branch.has(id)) continue;
      const first = at - batch.index;
      for (let index = 0; index < batch.size; index += 1) {
        const member = this.lines[first + index];
        const whole = member?.batch?.index === index && this.branch.has(member.id ?? "");
        ensure(whole, `a part of the batch of ${id} is on the branch`);
      }
    }
  }
}

/** @throws Error with this message unless it holds. */
export function ensure(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** The object on a line; undefined for anything else. */
export function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there are linear entries. */
export function isLinear(content: Buffer | string): boolean {
  return content
    .toString()
    .split("\n")
    .map(parseLine)
    .some((line) => line && line.type !== "session" && !("parentId" in line));
}

/** By bytes: a transcript may be longer than a string can be. */
function splitLines(content: Buffer): string[] {
  const lines: string[] = [];
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    lines.push(content.toString("utf8", start, end));
    start = end + 1;
  }
  return lines;
}
