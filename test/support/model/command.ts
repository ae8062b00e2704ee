import type { AsyncCommand } from "fast-check";
import { expect } from "vitest";
import type { AppendResult } from "../../../src/index.js";
import { soon } from "../fault-deadline.js";
import type { Expected, ModelEntry, TranscriptModel } from "./transcript-model.js";
import type { World } from "./world.js";

/** No step has to wait for more than a turn with the lock. */
const HANG_MS = 15_000;

/** A step of a sequence. After each of them the file is what the model says, byte for byte. */
export abstract class Command implements AsyncCommand<TranscriptModel, World> {
  abstract check(model: Readonly<TranscriptModel>): boolean;
  abstract toString(): string;
  protected abstract apply(model: TranscriptModel, world: World): Promise<void>;

  async run(model: TranscriptModel, world: World): Promise<void> {
    await soon(this.apply(model, world), this.toString(), HANG_MS);
    expect(await world.text()).toBe(model.text);
  }
}

/** The index of a handle; any number will do. */
export function handleOf(model: TranscriptModel, number: number): number {
  return number % model.handles.length;
}

/** What an entry of a command is to be. */
export interface EntryKind {
  readonly is: "message" | "to known" | "to null" | "to unknown";
  readonly number: number;
  readonly text: string;
}

let made = 0;

/** An id that no sequence has used. */
export function newId(): string {
  made += 1;
  return `e${made}`;
}

/** The entries of one call. */
export function entriesOf(model: TranscriptModel, kinds: readonly EntryKind[]): ModelEntry[] {
  return kinds.map(({ is, number, text }, index) => {
    const id = newId();
    const target = model.ids[number % Math.max(1, model.ids.length)];
    // A control that is passed over and ends a batch takes the batch's end mark with it: readers
    // and writer disagree on the leaf then.
    const endsBatch = kinds.length > 1 && index === kinds.length - 1;
    if (is === "to null") return { type: "leaf", id, targetId: null };
    if (is === "to known" && target !== undefined) return { type: "leaf", id, targetId: target };
    if (is === "to unknown" && !endsBatch) return { type: "leaf", id, targetId: "nobody" };
    return { type: "message", id, text };
  });
}

/** What the first entry behind a torn tail has to tell of it. */
export function tornTailOf(model: TranscriptModel): AppendResult["tornTail"] {
  if (!model.isTorn) return undefined;
  const last = model.lines.at(-1) as string;
  const length = Buffer.byteLength(last);
  return {
    offset: Buffer.byteLength(model.text as string) - length,
    length,
    kept: isJson(last) ? "entry" : "malformed",
  };
}

/** Checks what appends resolved to, once the model has taken the file over. */
export function expectResults(
  model: TranscriptModel,
  results: readonly AppendResult[],
  expected: readonly Expected[],
  tornTail: AppendResult["tornTail"],
): void {
  const bytes = Buffer.from(model.text as string);
  expect(results).toHaveLength(expected.length);
  for (const [index, { entry, parentId }] of expected.entries()) {
    const {
      offset,
      length,
      tornTail: told,
      damagedLine,
      ...result
    } = results[index] as AppendResult;
    const linked = parentId !== undefined;
    expect(result).toEqual({ id: entry.id, parentId, linked, appended: true });
    expect(told).toEqual(index === 0 ? tornTail : undefined);
    if (damagedLine !== undefined) {
      const { offset: start, length: bytesLong } = damagedLine;
      expect(index).toBe(0);
      expect(isJson(bytes.toString("utf8", start, start + bytesLong))).toBe(false);
    }
    const line = bytes.toString("utf8", offset, offset + length);
    expect(JSON.parse(line)).toMatchObject({ id: entry.id });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
