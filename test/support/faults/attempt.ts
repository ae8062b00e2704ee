import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import {
  LeaflogError,
  openTranscript,
  type Transcript,
  type TranscriptOptions,
} from "../../../src/index.js";
import { soon } from "../fault-deadline.js";
import { type FaultPlan, FaultPort } from "../fault-port.js";
import { quickFileSystem } from "../quick-file-system.js";
import { chainOf } from "./chain.js";
import { contentOf, type FileState, stateOf } from "./file-state.js";
import type { Scenario, Stage } from "./scenario.js";

/** Longer than a stale lock stays, and than busy names are tried, together. */
const HANG_MS = 20_000;

/** One run of a scenario with one fault, and everything that has to hold afterwards. */
export class Attempt implements Stage {
  readonly file: string;
  readonly options: TranscriptOptions;
  readonly #scenario: Scenario;
  readonly #port: FaultPort;
  #transcript: Promise<Transcript> | undefined;

  /** Makes the attempt. Resolves to whether it met the fault; rejects when a promise is broken. */
  static async make(root: string, scenario: Scenario, plan: FaultPlan): Promise<boolean> {
    const directory = await mkdtemp(join(root, "attempt-"));
    const port = new FaultPort(plan, quickFileSystem);
    const attempt = new Attempt(directory, scenario, port);
    try {
      await soon(attempt.#run(), "the attempt", HANG_MS * 2);
    } catch (cause) {
      const [first] = port.struck;
      const at = first ? `${first.name} ${first.path.slice(directory.length)}` : "nothing";
      const how = plan.once ? "once" : "from there on";
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${scenario.name}, struck at ${plan.nth} (${at}) ${how}: ${message}`, {
        cause,
      });
    }
    return port.struck.length > 0;
  }

  private constructor(directory: string, scenario: Scenario, port: FaultPort) {
    this.#scenario = scenario;
    this.#port = port;
    this.file = join(directory, scenario.before === undefined ? "new/deep/a.jsonl" : "a.jsonl");
    this.options = {
      ...scenario.options,
      lock: {
        staleMs: 2000,
        idleMs: scenario.idleMs ?? 0,
        timeoutMs: HANG_MS,
      },
      fileSystem: port.fileSystem,
    };
  }

  readonly open = (): Promise<Transcript> => {
    this.#transcript ??= openTranscript(this.file, this.options);
    return this.#transcript;
  };

  async #run(): Promise<void> {
    const { before } = this.#scenario;
    if (before !== undefined) {
      await mkdir(dirname(this.file), { recursive: true });
      await writeFile(this.file, before, "latin1");
    }
    const error = await this.#scenario.act(this).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const state = stateOf(this.#scenario, await contentOf(this.file));
    this.#expectOutcome(error, state);
    this.#port.heal();
    await this.#expectUsable(error, state);
    await this.#expectClean();
  }

  #expectOutcome(error: unknown, state: FileState): void {
    if (this.#port.struck.length === 0) expect(error).toBeUndefined();
    if (error === undefined) {
      expect(state.name).toBe("new");
      return;
    }
    expect(error).toBeInstanceOf(LeaflogError);
    const { code, file, cutBack } = error as LeaflogError;
    expect({ code, file }).toEqual({
      code: expect.stringMatching(/^LEAFLOG_/),
      file: this.file,
    });
    const isCause = causesOf(error).some((cause) => this.#isInjected(cause));
    expect(isCause, `what was injected is a cause of ${error}`).toBe(true);
    if (state.name === "old" || state.name === "migrated") return;
    if (state.name === "empty") {
      // It is removed again, unless that fails too or the lock may be another's by now.
      expect(code === "LEAFLOG_LOCK_FAILED" || this.#port.struck.length > 1).toBe(true);
      return;
    }
    if (state.name === "rest") expect(this.#isOwnPart(state.rest), "the rest is ours").toBe(true);
    if (!this.#failedAfterAll(code)) expect(cutBack, `cutBack of ${error}`).toBe(false);
  }

  /** Whether everything may be in the file although the act failed. */
  #failedAfterAll(code: string): boolean {
    const closes = this.#scenario.name.endsWith("close");
    return code === "LEAFLOG_POISONED" || closes || this.#scenario.added.length === 0;
  }

  /** Whether the text is how one of the writes that were struck begins. */
  #isOwnPart(rest: string): boolean {
    return this.#port.struck.some(
      ({ name, path, args }) =>
        name === "file.write" &&
        path === this.file &&
        (args[0] as Buffer).toString("latin1").startsWith(rest),
    );
  }

  #isInjected(cause: unknown): boolean {
    const isShort = cause instanceof Error && cause.message.startsWith("short write");
    return isShort || this.#port.injected.some((injected) => injected === cause);
  }

  /** The next append works, through the same handle where that one still can. */
  async #expectUsable(error: unknown, state: FileState): Promise<void> {
    const before = await contentOf(this.file);
    if (this.#scenario.before === undefined && state.name === "rest") {
      if (!state.rest.includes("\n")) return this.#expectRefusal();
    }
    const old = await this.#usableHandle(error);
    const result = await old.append({ type: "next", id: "next" }, { timeoutMs: HANG_MS });
    const after = (await contentOf(this.file)) as Buffer;
    const base = state.name === "old" && this.#scenario.migrated ? undefined : before;
    if (base) expect(after.indexOf(base), "old bytes").toBe(0);
    const chain = chainOf(after);
    expect(chain.ids.at(-1)).toBe("next");
    if (result.linked) expect(chain.leaf).toBe("next");
    const torn = [this.#scenario.before, state.name === "rest" ? state.rest : ""];
    for (const line of chain.malformed) {
      const isKnown = torn.some((text) => text?.includes(line));
      expect(isKnown, `the malformed line ${line} was there`).toBe(true);
    }
    await old.close();
  }

  /** A torn header is not for an append to mend: it may be all that is left of another file. */
  async #expectRefusal(): Promise<void> {
    const transcript = await this.open();
    await expect(transcript.append({ type: "next" })).rejects.toMatchObject({
      code: "LEAFLOG_BAD_HEADER",
    });
    await transcript.close();
  }

  async #usableHandle(error: unknown): Promise<Transcript> {
    const isSpent =
      this.#scenario.name.endsWith("close") ||
      (error instanceof LeaflogError && error.code === "LEAFLOG_POISONED");
    const old = await this.#transcript?.catch(() => undefined);
    if (old !== undefined && !isSpent) return old;
    // The close of an act may have failed already, and says so again.
    await old?.close().catch((reason: unknown) => expect(reason).toBe(error));
    this.#transcript = undefined;
    return this.open();
  }

  async #expectClean(): Promise<void> {
    expect(this.#port.openFiles).toBe(0);
    const { struck } = this.#port;
    const names = await readdir(dirname(this.file));
    const left = names.filter((name) => {
      // A note that could not be removed is left to the next process that has the lock.
      const isNote = struck.some((call) => call.name === "unlink" && call.path.endsWith(name));
      return name !== "a.jsonl" && !(isNote && name.endsWith(".lock.owner"));
    });
    expect(left).toEqual([]);
  }
}

/** An error and all that led to it. */
function causesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error];
  const further = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...further].flatMap((cause) => cause && causesOf(cause))];
}
