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
import { FaultPort } from "../fault-port.js";
import { preceded } from "../fault-strikes.js";
import type { PortCall } from "../intercepted-file-system.js";
import type { Line } from "../lines.js";
import { quickFileSystem } from "../quick-file-system.js";
import { leafOf } from "./chain.js";
import { changeFile, type FileChange } from "./file-change.js";
import { contentOf } from "./file-state.js";
import type { Scenario, Stage } from "./scenario.js";

/** Nothing here has to wait for anybody. */
const HANG_MS = 20_000;

/**
 * One run of a scenario in which another program changes the file between two operations. The act
 * has to fail, or to be right for the file that is there then, with one exception: between the last
 * look at the file and the write nobody can tell. What is written then goes to a file that has just
 * lost its name, or behind a parent that has just been cut away; a migration takes the place of a
 * file that came in that moment.
 */
export class ChangedAttempt implements Stage {
  readonly file: string;
  readonly options: TranscriptOptions;
  readonly #scenario: Scenario;
  readonly #port: FaultPort;
  readonly #change: FileChange;
  #transcript: Promise<Transcript> | undefined;
  /** The file right after the change, how many operations came before it, and which still ran. */
  #changed:
    | {
        readonly content: Buffer | undefined;
        readonly calls: number;
        readonly underWay: ReadonlySet<PortCall>;
      }
    | undefined;

  /** Makes the attempt. Resolves to whether the file was changed; rejects when it went wrong. */
  static async make(
    root: string,
    scenario: Scenario,
    change: FileChange,
    nth: number,
  ): Promise<boolean> {
    const directory = join(await mkdtemp(join(root, "attempt-")), "t");
    const attempt = new ChangedAttempt(directory, scenario, change, nth);
    try {
      await soon(attempt.#run(), "the attempt", HANG_MS);
    } catch (cause) {
      const [first] = attempt.#port.struck;
      const message = cause instanceof Error ? cause.message : String(cause);
      const at = `${first?.name} ${first?.path.slice(directory.length)}`;
      throw new Error(`${scenario.name}, ${change.name} before ${at} (${nth}): ${message}`, {
        cause,
      });
    }
    return attempt.#changed !== undefined;
  }

  private constructor(directory: string, scenario: Scenario, change: FileChange, nth: number) {
    this.#scenario = scenario;
    this.#change = change;
    this.file = join(directory, "a.jsonl");
    const strike = preceded(() => this.#makeChange());
    this.#port = new FaultPort({ strike, nth, once: true }, quickFileSystem);
    this.options = {
      ...scenario.options,
      lock: { staleMs: 2000, idleMs: scenario.idleMs ?? 0 },
      fileSystem: this.#port.fileSystem,
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
    const content = await contentOf(this.file);
    if (this.#changed !== undefined) this.#expectOutcome(error, content);
    else expect(error).toBeUndefined();
    this.#port.heal();
    await this.#expectUsable();
  }

  #makeChange(): void {
    const content = changeFile(this.file, this.#change);
    // The operation that is struck is counted already, and comes after the change.
    const { calls, underWay } = this.#port;
    this.#changed = { content, calls: calls.length - 1, underWay: new Set(underWay) };
  }

  #expectOutcome(error: unknown, content: Buffer | undefined): void {
    if (error !== undefined) {
      expect(error).toBeInstanceOf(LeaflogError);
      expect((error as LeaflogError).file).toBe(this.file);
    }
    if (this.#isWritten === "before the change") return;
    const changed = this.#changed?.content;
    if (this.#isWritten === "unseen") {
      if (!this.#scenario.migrated && changed) expect(content?.indexOf(changed)).toBe(0);
    } else if (error !== undefined) {
      this.#expectUntouched(content, changed);
    } else {
      this.#expectRight(content, changed);
    }
  }

  /** When the file was written last, as compared with the change and with looks at the file. */
  get #isWritten(): "before the change" | "unseen" | "after a look" {
    const { calls } = this.#port;
    const from = this.#changed?.calls ?? 0;
    const last = calls.findLastIndex(
      ({ name, path, args }) =>
        (name === "file.write" && path === this.file) ||
        (name === "rename" && args[1] === this.file),
    );
    const ended = !this.#changed?.underWay.has(calls[last] as PortCall);
    if (last !== -1 && last < from && ended) return "before the change";
    // What is read of a file, and what its descriptor tells, says nothing of the path.
    const looked = calls
      .slice(from, last === -1 ? undefined : last)
      .some(({ name, path }) => (name === "stat" || name === "open") && path === this.file);
    return last === -1 || looked ? "after a look" : "unseen";
  }

  /** A failed act leaves what the other program left, but for a migration that came first. */
  #expectUntouched(content: Buffer | undefined, changed: Buffer | undefined): void {
    const isMigrated = content?.toString("latin1") === this.#scenario.migrated;
    if (!isMigrated) expect(content ?? Buffer.alloc(0)).toEqual(changed ?? Buffer.alloc(0));
  }

  #expectRight(content: Buffer | undefined, changed: Buffer | undefined): void {
    const lines = entriesIn(content);
    if (!this.#scenario.migrated) {
      expect(content?.indexOf(changed ?? "")).toBe(0);
      expect(lines.map(({ id }) => id)).toContain("c");
    }
    for (const [index, { id, parentId }] of lines.entries()) {
      const above = lines.slice(0, index).map((line) => line.id);
      if (id !== "c" || parentId === undefined) continue;
      if (parentId === null) expect(above).toEqual([]);
      else expect(above).toContain(parentId);
    }
  }

  /** The next append is right for the file that is there. */
  async #expectUsable(): Promise<void> {
    const transcript = await this.#usableHandle();
    const before = await contentOf(this.file);
    if (before?.length && !before.toString("latin1").startsWith('{"type":"session"')) {
      // It was emptied unseen: an entry without a header is all that is in it.
      expect([this.#change.name, this.#isWritten]).toEqual(["emptied", "unseen"]);
      const refused = expect.objectContaining({ code: "LEAFLOG_BAD_HEADER" });
      await expect(transcript.append({ type: "next" })).rejects.toEqual(refused);
      return this.#expectClosed(transcript);
    }
    const result = await transcript.append({ type: "next", id: "next" });
    const after = (await contentOf(this.file)) as Buffer;
    expect(entriesIn(after).at(-1)?.id).toBe("next");
    const above = after.subarray(0, after.lastIndexOf("\n", after.length - 2) + 1);
    if (result.linked) expect(result.parentId).toBe(leafOf(above));
    return this.#expectClosed(transcript);
  }

  async #expectClosed(transcript: Transcript): Promise<void> {
    await transcript.close();
    expect(this.#port.openFiles).toBe(0);
    expect(await readdir(dirname(this.file))).toEqual(["a.jsonl"]);
  }

  async #usableHandle(): Promise<Transcript> {
    if (this.#scenario.name.endsWith("close")) {
      await (await this.open()).close();
      this.#transcript = undefined;
    }
    return this.open();
  }
}

function entriesIn(content: Buffer | undefined): Line[] {
  const lines = content?.toString("utf8").split("\n") ?? [];
  return lines.flatMap((line) => {
    try {
      const value = JSON.parse(line) as Line;
      return value.type === "session" ? [] : [value];
    } catch {
      // Cut in two by the other program.
      return [];
    }
  });
}
