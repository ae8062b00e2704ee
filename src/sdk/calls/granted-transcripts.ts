import { LeaflogError } from "../../base/errors.js";
import { type ResolvedOptions, resolveOptions } from "../../options/options.js";
import type { ReadSource } from "../../read/read-source.js";
import { resolveTranscript } from "../../transcript/open-transcript.js";
import { Transcript } from "../../transcript/transcript.js";
import { sourceOf } from "../../transcript/transcript-reader.js";
import type { TranscriptGrant } from "../host/transcript-host.js";

/** Transcripts that stay open when nobody uses them. */
const IDLE_LIMIT = 64;

/** A transcript that was opened for plugins. */
export class GrantedTranscript {
  readonly transcript: Transcript;
  /** The same transcript for readers that are not among its methods. */
  readonly source: ReadSource;
  users = 0;

  constructor(file: string, options: ResolvedOptions) {
    this.transcript = new Transcript(file, options);
    this.source = sourceOf(file, options);
  }
}

/**
 * The transcripts that the calls of one SDK use, by real path: kept open for the next call, and
 * the longest unused ones closed when there are many.
 */
export class GrantedTranscripts {
  /** Least recently used first. */
  readonly #kept = new Map<string, GrantedTranscript>();
  readonly #closings = new Set<Promise<void>>();

  /**
   * Opens it, or has it open already. Then `give` it back.
   *
   * @throws LeaflogError as `openTranscript`
   */
  async take(grant: TranscriptGrant): Promise<GrantedTranscript> {
    const options = resolveOptions(grant.options);
    const file = await resolveTranscript(grant.file, options.fileSystem);
    const known = this.#kept.get(file);
    const same = known?.source.fileSystem === options.fileSystem;
    const taken = known && same ? known : new GrantedTranscript(file, options);
    if (known !== taken && known?.users === 0) this.#close(known);
    // Behind the others: it is the one that was used last.
    this.#kept.delete(file);
    this.#kept.set(file, taken);
    return this.share(taken);
  }

  /** One more user of what is taken. */
  share(taken: GrantedTranscript): GrantedTranscript {
    taken.users += 1;
    return taken;
  }

  /** @param error what a call ended with: a transcript that is poisoned is not used again */
  give(taken: GrantedTranscript, error?: unknown): void {
    const { file } = taken.transcript;
    taken.users -= 1;
    const poisoned = error instanceof LeaflogError && error.code === "LEAFLOG_POISONED";
    if (poisoned && this.#kept.get(file) === taken) this.#kept.delete(file);
    if (taken.users === 0 && this.#kept.get(file) !== taken) this.#close(taken);
    if (this.#kept.size > IDLE_LIMIT) this.#closeIdle();
  }

  /** Closes all; nothing may be in use any more. */
  async close(): Promise<void> {
    for (const taken of this.#kept.values()) this.#close(taken);
    this.#kept.clear();
    await Promise.all(this.#closings);
  }

  #closeIdle(): void {
    for (const [file, taken] of this.#kept) {
      if (this.#kept.size <= IDLE_LIMIT) return;
      if (taken.users > 0) continue;
      this.#kept.delete(file);
      this.#close(taken);
    }
  }

  #close({ transcript }: GrantedTranscript): void {
    const closing = transcript
      .close()
      .catch((error: unknown) => {
        // Nobody waits for it. Should the lock have stayed, it goes stale.
        const why = error instanceof Error ? error.message : String(error);
        process.emitWarning(`a transcript was not closed well: ${why}`, "LeaflogWarning");
      })
      .finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }
}
