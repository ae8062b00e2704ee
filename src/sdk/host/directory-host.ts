import { isAbsolute, relative, resolve, sep } from "node:path";
import { invalid, MAX_TIMEOUT_MS, whole } from "../../base/arguments.js";
import { LeaflogError } from "../../base/errors.js";
import { memberNames } from "../../base/known-members.js";
import { resolveFile } from "../../file/resolve-file.js";
import { resolveOptions, type TranscriptOptions } from "../../options/options.js";
import { pathText } from "../../transcript/transcript-path.js";
import { confinedPath } from "./confined-path.js";
import { HostLife } from "./host-life.js";
import { readOptions } from "./plugin-arguments.js";
import { refusal } from "./refusal.js";
import { unsafety } from "./safe-name.js";
import type { TranscriptGrant, TranscriptHost, TranscriptRight } from "./transcript-host.js";
import type { TranscriptIdentity } from "./transcript-identity.js";

const EXTENSION = ".jsonl";
/** Most directories between root and transcript, and the transcript. */
const MAX_DEPTH = 8;

/** Options of `directoryHost`. */
export interface DirectoryHostOptions {
  /**
   * Directory that holds the transcripts: a path or a `file:` URL. It need not exist; a symlink
   * there is followed.
   */
  readonly root: string | URL;
  /** What plugins may do, or what they may do with each transcript. */
  readonly rights:
    | readonly TranscriptRight[]
    | ((
        identity: TranscriptIdentity,
      ) => readonly TranscriptRight[] | Promise<readonly TranscriptRight[]>);
  /**
   * The names that lead to a transcript: directories below the root, then the transcript without
   * its `.jsonl`; undefined for an identity that there is no place for. Unsafe names are refused.
   * @default `[agentId, sessionId]`, for identities without further members
   */
  readonly locate?: (identity: TranscriptIdentity) => readonly string[] | undefined;
  /**
   * The identity that `locate` would lead to those names.
   * @default the reverse of the default `locate`; with one of your own: none, and `onUpdate` tells
   * of the transcripts that were used through the same SDK
   */
  readonly identify?: (names: readonly string[]) => TranscriptIdentity | undefined;
  /** For opening transcripts. The header of a new one has the identity's `sessionId` for its id. */
  readonly transcript?: TranscriptOptions;
  /** See {@link TranscriptGrant}. @default 10_000 */
  readonly maxHoldMs?: number;
  /** See {@link TranscriptHost.onHostError}. */
  readonly onHostError?: (error: LeaflogError) => void;
}

const MEMBERS = memberNames<DirectoryHostOptions>({
  root: true,
  rights: true,
  locate: true,
  identify: true,
  transcript: true,
  maxHoldMs: true,
  onHostError: true,
});

/** A host whose transcripts are files below one directory. */
export interface DirectoryHost extends TranscriptHost, AsyncDisposable {
  readonly life: HostLife;
  /** See {@link HostLife}. */
  supersede(): Promise<void>;
  /** See {@link HostLife}. */
  close(): Promise<void>;
}

/**
 * The usual host: `root/agentId/sessionId.jsonl`. It refuses names that are unsafe on any system,
 * and symlinks below the root wherever they lead, at every call: what else could write there
 * in the moment between that look and the use is not held off.
 *
 * @throws LeaflogError `LEAFLOG_INVALID_ARGUMENT`
 */
export function directoryHost(options: DirectoryHostOptions): DirectoryHost {
  return new FilesBelow(options);
}

class FilesBelow implements DirectoryHost {
  readonly life: HostLife = new HostLife();
  readonly #root: string;
  readonly #rights: DirectoryHostOptions["rights"];
  readonly #locate: NonNullable<DirectoryHostOptions["locate"]>;
  readonly #identify: DirectoryHostOptions["identify"];
  readonly #transcript: TranscriptOptions;
  readonly #maxHoldMs: number | undefined;
  readonly #onHostError: DirectoryHostOptions["onHostError"];
  readonly #fileSystem: TranscriptOptions["fileSystem"] & object;

  constructor(options: DirectoryHostOptions) {
    readOptions("options", options, MEMBERS);
    const {
      root,
      rights,
      locate,
      identify,
      transcript = {},
      maxHoldMs,
      onHostError,
    } = options ?? ({} as DirectoryHostOptions);
    const path = pathText(root, "root");
    if (typeof rights !== "function" && !Array.isArray(rights)) {
      throw invalid("rights", rights, 'an array of "read" and "append", or a function');
    }
    for (const [name, value] of Object.entries({ locate, identify, onHostError })) {
      if (value === undefined || typeof value === "function") continue;
      throw invalid(name, value, "a function");
    }
    this.#root = resolve(path);
    this.#rights = rights;
    this.#locate = locate ?? placeOf;
    this.#identify = identify ?? (locate ? undefined : identityOf);
    this.#transcript = transcript;
    this.#fileSystem = resolveOptions(transcript).fileSystem;
    if (maxHoldMs !== undefined) whole("maxHoldMs", maxHoldMs, 1, 1, MAX_TIMEOUT_MS);
    this.#maxHoldMs = maxHoldMs;
    this.#onHostError = onHostError;
  }

  onHostError(error: LeaflogError): void {
    this.#onHostError?.(error);
  }

  async resolve(identity: TranscriptIdentity): Promise<TranscriptGrant | undefined> {
    const names = this.#locate(identity);
    if (names === undefined) return undefined;
    ensureSafe(names);
    const rights = this.#rights;
    const granted = typeof rights === "function" ? await rights(identity) : rights;
    // Who has no right learns nothing of what is there.
    if (granted.length === 0) throw refusal("no-right");
    return {
      file: await confinedPath(this.#fileSystem, this.#root, fileNames(names)),
      rights: granted,
      options: { sessionId: identity.sessionId, ...this.#transcript },
      ...(this.#maxHoldMs !== undefined && { maxHoldMs: this.#maxHoldMs }),
    };
  }

  async identify(file: string): Promise<TranscriptIdentity | undefined> {
    if (this.#identify === undefined || !file.endsWith(EXTENSION)) return undefined;
    const below = relative(await resolveFile(this.#fileSystem, this.#root), file);
    if (isAbsolute(below)) return undefined;
    const names = below.slice(0, -EXTENSION.length).split(sep);
    return names.some(unsafety) ? undefined : this.#identify(names);
  }

  supersede(): Promise<void> {
    return this.life.supersede();
  }

  close(): Promise<void> {
    return this.life.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function placeOf({ agentId, sessionId, ...rest }: TranscriptIdentity): readonly string[] {
  const [further] = Object.keys(rest);
  // What tells sessions apart elsewhere must not be passed over.
  if (further !== undefined) throw refusal("unknown-identity", `it knows no \`${further}\``);
  return [agentId, sessionId];
}

function identityOf(names: readonly string[]): TranscriptIdentity | undefined {
  const [agentId, sessionId] = names;
  if (agentId === undefined || sessionId === undefined || names.length !== 2) return undefined;
  return { agentId, sessionId };
}

function fileNames(names: readonly string[]): string[] {
  return names.map((name, index) => (index === names.length - 1 ? `${name}${EXTENSION}` : name));
}

function ensureSafe(names: readonly unknown[]): asserts names is readonly string[] {
  if (!Array.isArray(names) || names.length === 0 || names.length > MAX_DEPTH) {
    throw new LeaflogError(
      "LEAFLOG_INVALID_ARGUMENT",
      `\`locate\` has to return 1 to ${MAX_DEPTH} names`,
    );
  }
  for (const name of names) {
    if (typeof name !== "string") throw invalid("locate", name, "a function that returns strings");
    const why = unsafety(name);
    if (why) throw refusal("unsafe-name", `${quoted(name)} ${why}`);
  }
}

/** Quoted so that nothing in it is taken for anything else. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
