import { appendFile, rm, truncate } from "node:fs/promises";
import { expect } from "vitest";
import { migrateTranscript } from "../../../src/index.js";
import { linearLine, linkedLine } from "../lines.js";
import { adoptFirstMigration } from "./append-commands.js";
import { Command, type EntryKind, entriesOf, handleOf, newId } from "./command.js";
import { adoptAppended, adoptMigrated } from "./file-check.js";
import { ruledLine } from "./line-rules.js";
import type { Death } from "./process-double.js";
import type { TranscriptModel } from "./transcript-model.js";
import type { World } from "./world.js";

/** Opens a handle, the first of a process or another one. */
export class Open extends Command {
  readonly #process: string;

  constructor(process: string) {
    super();
    this.#process = process;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length < 4;
  }

  protected apply(model: TranscriptModel, world: World): Promise<void> {
    return world.open(model, this.#process);
  }

  toString(): string {
    return `open(${this.#process})`;
  }
}

export class Close extends Command {
  readonly #handle: number;

  constructor(handle: number) {
    super();
    this.#handle = handle;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const handle = handleOf(model, this.#handle);
    const transcript = world.transcript(handle);
    await world.close(model, handle);
    await expect(transcript.append({ type: "message" })).rejects.toMatchObject({
      code: "LEAFLOG_CLOSED",
    });
  }

  toString(): string {
    return `close(${this.#handle})`;
  }
}

/** Looks at the transcript in every way that there is. */
export class Read extends Command {
  readonly #handle: number;
  readonly #count: number;

  constructor(handle: number, count: number) {
    super();
    this.#handle = handle;
    this.#count = count;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const transcript = world.transcript(handleOf(model, this.#handle));
    await transcript.flush({ sync: this.#count % 2 === 1 });
    const values = model.entries.map(({ value }) => value);
    const read: unknown[] = [];
    for await (const { entry } of transcript.entries()) read.push(entry);
    expect(read).toEqual(values);
    const tail = await transcript.tail(this.#count);
    expect(tail.map(({ entry }) => entry)).toEqual(
      this.#count === 0 ? [] : values.slice(-this.#count),
    );
    const { damagedLine, ...leaf } = await transcript.leaf();
    expect(leaf).toEqual({ id: model.leaf, shape: model.shape });
    if (!model.endsDamaged) expect(damagedLine).toBeUndefined();
    const [first] = model.ruled;
    expect(await transcript.header()).toEqual(first?.value);
  }

  toString(): string {
    return `read(${this.#handle}, ${this.#count})`;
  }
}

export type Foreign = "linked" | "linear" | "linear with id" | "malformed" | "half" | "unended";

/** Another program writes a line, or a part of one. */
export class ForeignAppend extends Command {
  readonly #kind: Foreign;

  constructor(kind: Foreign) {
    super();
    this.#kind = kind;
  }

  check(model: TranscriptModel): boolean {
    // Behind a header without newline it would be the header that is damaged.
    return model.lines.length > (model.isTorn ? 1 : 0);
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const text = this.#text(model);
    await appendFile(world.file, text);
    model.text += text;
  }

  #text(model: TranscriptModel): string {
    switch (this.#kind) {
      case "linked":
        return linkedLine(newId(), model.leaf);
      case "linear":
        return linearLine();
      case "linear with id":
        return linearLine({ id: newId() });
      case "malformed":
        // Nothing that was torn before it becomes JSON by it.
        return "no JSON ]\n";
      case "half":
        return '{"type":"message","id":"hälf';
      case "unended":
        return linkedLine(newId(), model.leaf).trimEnd();
    }
  }

  toString(): string {
    return `foreign(${this.#kind})`;
  }
}

/** The end of the file is lost: the last newline, half the last line, or all of that. */
export class Tear extends Command {
  readonly #share: number;

  constructor(share: number) {
    super();
    this.#share = share;
  }

  check(model: TranscriptModel): boolean {
    return model.lines.length > 1;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const text = model.text as string;
    const last = (model.lines.at(-1) as string).length;
    const cut = Math.max(1, Math.floor(last * this.#share));
    // Not in the middle of a surrogate pair, which bytes could not hold.
    model.text = text.slice(0, -cut).replace(/[\ud800-\udbff]$/, "");
    await truncate(world.file, Buffer.byteLength(model.text));
  }

  toString(): string {
    return `tear(${this.#share})`;
  }
}

export class Migrate extends Command {
  readonly #process: string;

  constructor(process: string) {
    super();
    this.#process = process;
  }

  check(model: TranscriptModel): boolean {
    return model.text !== undefined;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const report = await migrateTranscript(world.file, world.optionsOf(this.#process));
    const linear = model.entries.filter(({ kind }) => kind === "linear").length;
    expect(report).toMatchObject({ changed: linear > 0, migrated: linear, reidentified: 0 });
    if (linear > 0) adoptMigrated(model, (await world.text()) as string);
  }

  toString(): string {
    return `migrate(${this.#process})`;
  }
}

/** A process dies, at rest or at some point of an append. */
export class Kill extends Command {
  readonly #handle: number;
  readonly #kinds: readonly EntryKind[];
  readonly #death: Death;

  constructor(handle: number, kinds: readonly EntryKind[], death: Death) {
    super();
    this.#handle = handle;
    this.#kinds = kinds;
    this.#death = death;
  }

  check(model: TranscriptModel): boolean {
    return model.handles.length > 0 && !model.isRefused;
  }

  protected async apply(model: TranscriptModel, world: World): Promise<void> {
    const handle = handleOf(model, this.#handle);
    const name = model.handles[handle] as string;
    const entries = entriesOf(model, this.#kinds);
    const process = world.process(name);
    process.dieAt(this.#death);
    const isDone = await Promise.race([
      world
        .transcript(handle)
        .appendBatch(entries)
        .then(() => true),
      process.died.then(() => false),
    ]);
    await world.kill(model, name);
    if (isDone) {
      await adoptFirstMigration(model, world, entries.length);
      adoptAppended(model, (await world.text()) as string, model.expected([entries]));
    } else await this.#adoptRest(model, world, entries);
  }

  /** The file is what it was, or migrated; and behind that is some of what was being written. */
  async #adoptRest(
    model: TranscriptModel,
    world: World,
    entries: readonly { readonly type: string; readonly id: string }[],
  ): Promise<void> {
    const text = await world.text();
    const old = model.text ?? "";
    if (text === undefined) {
      expect(model.text).toBeUndefined();
      return;
    }
    if (!text.startsWith(old)) {
      expect(model.isMigratedFirst).toBe(true);
      const lines = text.split("\n").slice(0, model.lines.length);
      adoptMigrated(model, `${lines.join("\n")}\n`);
    }
    const base = model.text ?? "";
    expect(text.startsWith(base)).toBe(true);
    const added = text
      .slice(base.length)
      .split("\n")
      .flatMap((line) => ruledLine(line) ?? []);
    const expected = model.expected([entries]);
    for (const [index, line] of added.filter(({ kind }) => kind !== "header").entries()) {
      const { entry, parentId } = expected[index] as (typeof expected)[number];
      expect(line.id).toBe(entry.id);
      expect(line.parentId).toBe(parentId);
    }
    model.text = text;
    if (text === "" || model.ruled[0]?.kind === "header") return;
    // A header that was cut short is for people to repair; here they begin anew.
    await rm(world.file);
    model.text = undefined;
  }

  toString(): string {
    const { after, share } = this.#death;
    return `kill(${this.#handle}, after ${after}, ${share}, ${this.#kinds.map(({ is }) => is)})`;
  }
}
