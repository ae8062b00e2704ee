import { expect } from "vitest";
import {
  Command,
  type EntryKind,
  entriesOf,
  expectResults,
  handleOf,
  newId,
  tornTailOf,
} from "./command.js";
import { adoptAppended, adoptMigrated } from "./file-check.js";
import type { Expected, TranscriptModel } from "./transcript-model.js";
import type { World } from "./world.js";

/** Takes over what a migration, if one has to come first, did to the file. */
export async function adoptFirstMigration(
  model: TranscriptModel,
  world: World,
  added: number,
): Promise<void> {
  if (!model.isMigratedFirst) return;
  const lines = ((await world.text()) as string).split("\n");
  adoptMigrated(model, `${lines.slice(0, lines.length - 1 - added).join("\n")}\n`);
}

/** One or more calls at once through handles of one process, each with one entry or a batch. */
export class AppendCalls extends Command {
  readonly #calls: readonly { readonly handle: number; readonly kinds: readonly EntryKind[] }[];

  constructor(calls: readonly { handle: number; kinds: readonly EntryKind[] }[]) {
    super();
    this.#calls = calls;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const first = handleOf(model, this.#calls[0]?.handle ?? 0);
    const siblings = [...model.handles.keys()].filter(
      (handle) => model.handles[handle] === model.handles[first],
    );
    const calls = this.#calls.map(({ kinds }) => entriesOf(model, kinds));
    const work = calls.map((entries, index) => {
      const { handle } = this.#calls[index] as { handle: number };
      const transcript = world.transcript(siblings[handle % siblings.length] as number);
      if (entries.length > 1) return transcript.appendBatch(entries);
      return transcript.append(entries[0] as { type: string }).then((result) => [result]);
    });
    const settled = await Promise.allSettled(work);
    if (model.isRefused) {
      const refused = { status: "rejected", reason: { code: "LEAFLOG_LINEAR_TRANSCRIPT" } };
      for (const one of settled) expect(one).toMatchObject(refused);
      return;
    }
    const results = (await Promise.all(work)).flat();
    const tornTail = tornTailOf(model);
    await adoptFirstMigration(model, world, calls.flat().length);
    const expected = model.expected(calls);
    adoptAppended(model, (await world.text()) ?? "", expected);
    expectResults(model, results, expected, tornTail);
  }

  toString(): string {
    const calls = this.#calls.map(
      ({ handle, kinds }) => `${handle}:${kinds.map(({ is }) => is).join("+")}`,
    );
    return `append(${calls.join(" ")})`;
  }
}

/** An append with an expectation of the leaf, right or wrong. */
export class AppendExpecting extends Command {
  readonly #handle: number;
  readonly #isRight: boolean;

  constructor(handle: number, isRight: boolean) {
    super();
    this.#handle = handle;
    this.#isRight = isRight;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0 && !model.isRefused;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const entry = { type: "message", id: newId() };
    const expectedLeaf = this.#isRight ? model.leaf : "nobody";
    const transcript = world.transcript(handleOf(model, this.#handle));
    // A migration gives the transcript another leaf before the expectation is looked at.
    const isRight = this.#isRight && !model.isMigratedFirst;
    const work = transcript.append(entry, { expectedLeaf });
    if (isRight) {
      const tornTail = tornTailOf(model);
      const result = await work;
      const expected = model.expected([[entry]]);
      adoptAppended(model, (await world.text()) ?? "", expected);
      expectResults(model, [result], expected, tornTail);
      return;
    }
    const reason: unknown = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    await adoptFirstMigration(model, world, 0);
    expect(reason).toMatchObject({
      code: "LEAFLOG_LEAF_CONFLICT",
      expected: expectedLeaf,
      actual: model.leaf,
    });
  }

  toString(): string {
    return `append(${this.#handle}, expecting the ${this.#isRight ? "right" : "wrong"} leaf)`;
  }
}

/** A transaction that stages entries, and then returns or throws. */
export class Transact extends Command {
  readonly #handle: number;
  readonly #kinds: readonly EntryKind[];
  readonly #throws: boolean;

  constructor(handle: number, kinds: readonly EntryKind[], throws: boolean) {
    super();
    this.#handle = handle;
    this.#kinds = kinds;
    this.#throws = throws;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const entries = entriesOf(model, this.#kinds);
    const work = world.transcript(handleOf(model, this.#handle)).transaction(async (tx) => {
      expect(await tx.leaf()).toEqual({ id: model.leaf, shape: model.shape });
      for (const entry of entries) expect(tx.append(entry)).toEqual({ id: entry.id });
      if (this.#throws) throw new Error("thought better of it");
      return entries.length;
    });
    if (this.#throws) {
      await expect(work).rejects.toThrow("thought better of it");
    } else if (entries.length > 0 && model.isRefused) {
      await expect(work).rejects.toMatchObject({ code: "LEAFLOG_LINEAR_TRANSCRIPT" });
    } else {
      expect(await work).toBe(entries.length);
      if (entries.length === 0) return;
      await adoptFirstMigration(model, world, entries.length);
      adoptAppended(model, (await world.text()) ?? "", model.expected([entries]));
    }
  }

  toString(): string {
    const kinds = this.#kinds.map(({ is }) => is).join("+");
    return `transaction(${this.#handle}:${kinds}${this.#throws ? ", throws" : ""})`;
  }
}

/** Two processes append at the same time; only the order within each is known. */
export class Race extends Command {
  readonly #counts: readonly [number, number];

  constructor(counts: readonly [number, number]) {
    super();
    this.#counts = counts;
  }

  check(model: TranscriptModel): boolean {
    return new Set(model.handles).size > 1 && !model.isRefused;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const [first, second] = [...new Set(model.handles)];
    const queues = [first, second].map((process, index) => {
      const handle = model.handles.indexOf(process as string);
      const ids = Array.from({ length: this.#counts[index] as number }, newId);
      return { ids, transcript: world.transcript(handle) };
    });
    await Promise.all(
      queues.flatMap(({ ids, transcript }) =>
        ids.map((id) => transcript.append({ type: "message", id })),
      ),
    );
    const all = queues.flatMap(({ ids }) => ids);
    await adoptFirstMigration(model, world, all.length);
    const text = (await world.text()) as string;
    const order = text
      .slice(0, -1)
      .split("\n")
      .slice(-all.length)
      .map((line) => (JSON.parse(line) as { id: string }).id);
    for (const { ids } of queues) expect(order.filter((id) => ids.includes(id))).toEqual(ids);
    const expected: Expected[] = model.expected(order.map((id) => [{ type: "message", id }]));
    adoptAppended(model, text, expected);
  }

  toString(): string {
    return `race(${this.#counts.join(" against ")})`;
  }
}
