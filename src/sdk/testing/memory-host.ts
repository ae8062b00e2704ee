import { resolve } from "node:path";
import type { AppendResult } from "../../append/call/append-result.js";
import { invalid, oneOf, whole } from "../../base/arguments.js";
import type { LeaflogError } from "../../base/errors.js";
import { isObject } from "../../base/json-object.js";
import { memberNames } from "../../base/known-members.js";
import type { Entry, EntryInput } from "../../entry/entry.js";
import type { TranscriptOptions } from "../../options/options.js";
import { openTranscript } from "../../transcript/open-transcript.js";
import { type DirectoryHost, directoryHost } from "../host/directory-host.js";
import type { HostLife } from "../host/host-life.js";
import { readOptions } from "../host/plugin-arguments.js";
import type { TranscriptGrant, TranscriptRight } from "../host/transcript-host.js";
import { readIdentity, type TranscriptIdentity } from "../host/transcript-identity.js";
import { MemoryFileSystem } from "./memory-file-system.js";
import { Disturbances, OPERATIONS, type Operation } from "./operations.js";

const ROOT = resolve("/transcripts");

/** Options of `memoryHost`. */
export interface MemoryHostOptions {
  /** What plugins may do; see `grant`. @default ["read", "append"] */
  readonly rights?: readonly TranscriptRight[];
  /** For opening transcripts. */
  readonly transcript?: Omit<TranscriptOptions, "fileSystem">;
  /** See `TranscriptGrant`. @default 10_000 */
  readonly maxHoldMs?: number;
  /** See {@link TranscriptHost.onHostError}. */
  readonly onHostError?: (error: LeaflogError) => void;
}

const MEMBERS = memberNames<MemoryHostOptions>({
  rights: true,
  transcript: true,
  maxHoldMs: true,
  onHostError: true,
});

/** Which operations to disturb. */
export interface Disturbance {
  /** On one transcript. @default on all */
  readonly identity?: TranscriptIdentity;
  /** How often, for `fail`. @default 1 */
  readonly times?: number;
}

/**
 * A host for the tests of plugins, that keeps its transcripts in memory. All but the disk is what
 * runs elsewhere: names, rights, queue, lock, scan, readers. What is appended with its help counts
 * as done by somebody else, whom no rights bind.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function memoryHost(options: MemoryHostOptions = {}): MemoryHost {
  return new MemoryHost(options);
}

/** See {@link memoryHost}. */
export class MemoryHost implements DirectoryHost {
  readonly #disturbances = new Disturbances();
  readonly #fileSystem = new MemoryFileSystem((operation, path) =>
    // What is noted beside a lock helps others, and nobody hears of it when that fails.
    path.endsWith(".owner") ? undefined : this.#disturbances.before(operation, path),
  );
  readonly #transcript: TranscriptOptions;
  readonly #host: DirectoryHost;
  readonly #granted = new Map<string, readonly TranscriptRight[]>();
  #rights: readonly TranscriptRight[];

  /** Use {@link memoryHost}. */
  constructor(options: MemoryHostOptions) {
    readOptions("options", options, MEMBERS);
    const { rights = ["read", "append"], transcript, maxHoldMs, onHostError } = options;
    this.#rights = rightsOf(rights);
    this.#transcript = { ...transcript, fileSystem: this.#fileSystem };
    this.#host = directoryHost({
      root: ROOT,
      rights: (identity) => this.#granted.get(placeOf(identity)) ?? this.#rights,
      transcript: this.#transcript,
      ...(maxHoldMs !== undefined && { maxHoldMs }),
      ...(onHostError !== undefined && { onHostError }),
    });
  }

  get life(): HostLife {
    return this.#host.life;
  }

  async resolve(identity: TranscriptIdentity): Promise<TranscriptGrant | undefined> {
    return this.#host.resolve(identity);
  }

  onHostError(error: LeaflogError): void {
    this.#host.onHostError?.(error);
  }

  async identify(file: string): Promise<TranscriptIdentity | undefined> {
    return this.#host.identify?.(file);
  }

  /** Sets what plugins may do from now on, with one transcript or with all that have not their own. */
  grant(rights: readonly TranscriptRight[], identity?: TranscriptIdentity): void {
    if (identity === undefined) this.#rights = rightsOf(rights);
    else this.#granted.set(placeOf(identity), rightsOf(rights));
  }

  /** Appends entries, one after the other; makes the transcript. */
  async seed(
    identity: TranscriptIdentity,
    entries: readonly EntryInput[],
  ): Promise<AppendResult[]> {
    const options = { sessionId: identity.sessionId, ...this.#transcript };
    await using transcript = await openTranscript(placeOf(identity), options);
    return Promise.all(entries.map((entry) => transcript.append(entry)));
  }

  /** Replaces a transcript by another with that text: damaged, linear, or empty, as a test needs. */
  async write(identity: TranscriptIdentity, text: string): Promise<void> {
    const fs = this.#fileSystem;
    const path = placeOf(identity);
    await this.remove(identity);
    for (const directory of [ROOT, resolve(path, "..")]) {
      await fs.stat(directory).catch(() => fs.mkdir(directory, 0o700));
    }
    const file = await fs.open(path, "create", 0o600);
    await file.write(Buffer.from(text));
    await file.close();
  }

  /** Removes a transcript, if it is there. */
  async remove(identity: TranscriptIdentity): Promise<void> {
    if (this.text(identity) !== undefined) await this.#fileSystem.unlink(placeOf(identity));
  }

  /** All that stands in a transcript; undefined when it was never made. */
  text(identity: TranscriptIdentity): string | undefined {
    return this.#fileSystem.bytes(placeOf(identity))?.toString("utf8");
  }

  /** The entries of a transcript, its header and what is malformed left out. */
  entries(identity: TranscriptIdentity): Entry[] {
    const lines = (this.text(identity) ?? "").split("\n");
    return lines.map(entryOn).filter((entry) => entry !== undefined);
  }

  /** Every transcript that there is. */
  async identities(): Promise<TranscriptIdentity[]> {
    const found = await Promise.all(this.#fileSystem.files().map((file) => this.identify(file)));
    return found.filter((identity) => identity !== undefined);
  }

  /**
   * Has the next operations of that kind fail, as if the system said `code`, such as `ENOSPC`.
   * A call may make several of a kind: an append that cannot open its transcript tries again once it
   * has the lock. Rather than to count those, say many and take the rest back.
   *
   * @returns takes back what is left of it
   */
  fail(operation: Operation, code: string, disturbance: Disturbance = {}): () => void {
    const times = whole("times", disturbance.times, 1, 1);
    if (!/^E[A-Z0-9]+$/.test(code)) throw invalid("code", code, "a system's code, such as ENOSPC");
    const matches = pathsOf(disturbance);
    return this.#disturbances.fail(checked(operation), code, times, matches);
  }

  /** Has operations of that kind wait. @returns lets them go on */
  hold(operation: Operation, disturbance: Pick<Disturbance, "identity"> = {}): () => void {
    return this.#disturbances.hold(checked(operation), pathsOf(disturbance));
  }

  /** See `HostLife`. */
  supersede(): Promise<void> {
    return this.#host.supersede();
  }

  /** See `HostLife`. */
  close(): Promise<void> {
    return this.#host.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function placeOf(identity: TranscriptIdentity): string {
  const { agentId, sessionId } = readIdentity(identity);
  return resolve(ROOT, agentId, `${sessionId}.jsonl`);
}

function pathsOf({ identity }: Disturbance): (path: string) => boolean {
  if (identity === undefined) return () => true;
  const place = placeOf(identity);
  return (path) => path.startsWith(place);
}

function checked(operation: Operation): Operation {
  if (operation === undefined) throw invalid("operation", operation, OPERATIONS.join(", "));
  return oneOf("operation", operation, OPERATIONS);
}

function rightsOf(rights: readonly TranscriptRight[]): readonly TranscriptRight[] {
  const fits = Array.isArray(rights) && rights.every((right) => ["read", "append"].includes(right));
  if (!fits) throw invalid("rights", rights, 'an array of "read" and "append"');
  return [...rights];
}

function entryOn(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && (value as Entry).type !== "session" ? (value as Entry) : undefined;
  } catch {
    // A malformed line is no entry.
    return undefined;
  }
}
