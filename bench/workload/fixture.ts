import { open } from "node:fs/promises";
import { join } from "node:path";
import { type LineBytes, type Message, Messages } from "./messages.js";

const MiB = 1024 * 1024;
/** Bytes collected before they are written. */
const CHUNK_BYTES = 4 * MiB;

/** A transcript that the trials of a question share; each leaves it as it found it. */
export interface Fixture {
  readonly path: string;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly entries: number;
  /** Null in a linear one. */
  readonly leafId: string | null;
}

export interface FixtureOptions {
  readonly lineBytes: LineBytes;
  /** Stops at the first line that reaches it; also by `entries`. */
  readonly bytes?: number;
  readonly entries?: number;
  /** Without ids and parents, version 1, as old agents left them. @default false */
  readonly linear?: boolean;
  /** Each message has an idempotency key of its own. @default false */
  readonly keys?: boolean;
  /** A last entry whose line is so long. */
  readonly lastBytes?: number;
}

/** Writes a transcript of real lines, and beside it what {@link readFixture} reads. */
export async function writeFixture(
  directory: string,
  name: string,
  options: FixtureOptions,
): Promise<Fixture> {
  const path = join(directory, `${name}.jsonl`);
  const writer = new FixtureWriter(await open(path, "w"), options);
  try {
    await writer.writeAll();
  } finally {
    await writer.close();
  }
  const { bytes, entries, leafId } = writer;
  const fixture: Fixture = { path, bytes, entries, leafId };
  const note = await open(`${path}.fixture`, "w");
  await note.writeFile(JSON.stringify(fixture));
  await note.close();
  return fixture;
}

export async function readFixture(directory: string, name: string): Promise<Fixture> {
  const note = await open(join(directory, `${name}.jsonl.fixture`));
  try {
    return JSON.parse(await note.readFile("utf8"));
  } finally {
    await note.close();
  }
}

/** Id of the entry at a place in a fixture that is not linear; the first is at 1. */
export function entryId(place: number): string {
  return `${place.toString(16).padStart(8, "0")}-bench`;
}

/** Forgets what a trial appended. */
export async function restoreFixture(fixture: Fixture): Promise<void> {
  const file = await open(fixture.path, "r+");
  try {
    await file.truncate(fixture.bytes);
  } finally {
    await file.close();
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

class FixtureWriter {
  readonly #handle: Handle;
  readonly #options: FixtureOptions;
  /** Messages come in a cycle: each is turned into JSON once. */
  readonly #json = new Map<Message, string>();
  #pending: string[] = [];
  #pendingBytes = 0;
  bytes = 0;
  entries = 0;
  leafId: string | null = null;

  constructor(handle: Handle, options: FixtureOptions) {
    this.#handle = handle;
    this.#options = options;
  }

  async writeAll(): Promise<void> {
    const { lineBytes, linear = false, lastBytes } = this.#options;
    const { bytes = Number.POSITIVE_INFINITY, entries = Number.POSITIVE_INFINITY } = this.#options;
    const messages = new Messages(lineBytes);
    const version = linear ? "" : '"version":3,';
    await this.#add(`{"type":"session",${version}"id":"bench","timestamp":"${TIME}","cwd":"/"}\n`);
    while (this.bytes < bytes && this.entries < entries) {
      await this.#add(this.#line(this.#jsonOf(messages.next())));
    }
    if (lastBytes !== undefined) {
      const filling = "0123456789abcdef".repeat(Math.ceil(lastBytes / 16)).slice(0, lastBytes);
      await this.#add(this.#line(`{"role":"assistant","content":"${filling}"}`));
    }
    await this.#flush();
    // What the kernel writes back later, it writes back during the trials.
    await this.#handle.datasync();
  }

  #jsonOf(message: Message): string {
    const known = this.#json.get(message);
    if (known !== undefined) return known;
    const json = JSON.stringify(message);
    this.#json.set(message, json);
    return json;
  }

  #line(bare: string): string {
    this.entries += 1;
    const key = `"idempotencyKey":"thread:turn-${this.entries}:prompt"`;
    const message = this.#options.keys ? `${bare.slice(0, -1)},${key}}` : bare;
    if (this.#options.linear) {
      return `{"type":"message","timestamp":"${TIME}","message":${message}}\n`;
    }
    const id = entryId(this.entries);
    const parent = this.leafId === null ? "null" : `"${this.leafId}"`;
    this.leafId = id;
    return `{"type":"message","id":"${id}","parentId":${parent},"timestamp":"${TIME}","message":${message}}\n`;
  }

  async #add(line: string): Promise<void> {
    this.#pending.push(line);
    // Lines are ASCII.
    this.#pendingBytes += line.length;
    this.bytes += line.length;
    if (this.#pendingBytes >= CHUNK_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#handle.writeFile(this.#pending.join(""), "latin1");
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

const TIME = "2026-01-01T00:00:00.000Z";
