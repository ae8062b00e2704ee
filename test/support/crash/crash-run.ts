import {
  LeaflogError,
  migrateTranscript,
  openTranscript,
  type Transcript,
  type TranscriptOptions,
} from "../../../src/index.js";
import { CrashMedium } from "../crash-medium.js";
import { CrashPort, type Lie } from "../crash-medium-port.js";
import {
  type AppendStep,
  FOREIGN_LINE,
  type Life,
  type Program,
  type Step,
} from "./crash-program.js";
import { ensure, isLinear } from "./transcript-lines.js";

export const FILE = "/home/agent/t.jsonl";
const NAME = "t.jsonl";

/** An entry that a caller knows to be in the transcript. */
export interface Promised {
  readonly id: string;
  readonly parentId: string | null | undefined;
  /** The leaf behind it. */
  readonly leaf: string | null;
  /** How many calls were made before. */
  readonly call: number;
  /** Whether it outlives a power loss. */
  synced: boolean;
}

/** A transcript on its way through the lives of a program, and what was promised of it. */
export class CrashRun {
  medium: CrashMedium = new CrashMedium();
  promised: Promised[] = [];
  /** The ids of every batch that was begun. */
  readonly batches: string[][] = [];
  /** The call that moved the leaf last, acknowledged or not. */
  lastLeafCall = -1;
  /** How many lines may be broken: one for each crash and for each piece that others left. */
  tears = 0;
  /** The transcript as it was when the medium last had all of it. */
  base: Buffer | undefined;
  /** The linear transcript that a migration was to keep a copy of, once that was begun. */
  toBackUp: Buffer | undefined;
  readonly #lie: Lie | undefined;
  #calls = 0;
  /** Where the transcript ended when it ended in a piece of a line. */
  #piecesEnd: number | undefined;
  /** How often another program's entry stands in the transcript. */
  #foreign = 0;

  constructor(program: Program, lie: Lie | undefined) {
    const { initial } = program;
    this.#lie = lie;
    if (program.directory || initial !== undefined) this.medium.place("/home/agent/other", "");
    else this.medium.place("/home/other", "");
    if (initial !== undefined) this.medium.place(FILE, initial);
    this.base = this.medium.bytes(FILE);
    if (initial && !initial.endsWith("\n")) this.tears += 1;
  }

  get content(): Buffer | undefined {
    return this.medium.bytes(FILE);
  }

  /** Lives through the steps up to the crash, and boots again. */
  async live(life: Life): Promise<void> {
    const { steps, crash, foreignAt } = life;
    const port = new CrashPort(this.medium, {
      crashAt: crash.at,
      part: crash.part,
      lie: this.#lie,
      before: (operation) => {
        if (operation === foreignAt) this.#interfere();
      },
    });
    const process = new Process(port);
    this.toBackUp = undefined;
    this.#notePiece();
    this.#foreign = countForeign(this.content);
    for (const step of steps) {
      await this.#take(step, process);
      if (port.crashed) break;
    }
    // A crash in the middle of a migration may cost what they added in its last moment.
    if (!port.crashed) this.#ensureForeignKept();
    port.crash();
    await process.end();
    this.tears += 1;
    if (crash.loss) {
      this.medium = this.medium.afterPowerLoss(crash.loss);
      this.promised = this.promised.filter(({ synced }) => synced);
    }
    this.medium.removeLock(FILE);
  }

  async #take(step: Step, process: Process): Promise<void> {
    switch (step.do) {
      case "append":
        return this.#append([step], process);
      case "burst":
        return this.#append(step.calls, process);
      case "leaf":
        return this.#moveLeaf(step.pick, step.durability === "synced", process);
      case "flush": {
        const written = [...this.promised];
        const flushed = await process.do(({ written }) => written.flush({ sync: true }));
        if (flushed) for (const entry of written) entry.synced = true;
        return;
      }
      case "migrate":
        return this.#migrate(step.backup, process);
      case "reopen":
        await process.reopen();
        return;
      case "foreign": {
        if (!this.content?.length) return;
        this.#addForeign(step.text);
        this.#notePiece();
        if (!step.text.endsWith("\n")) this.tears += 1;
      }
    }
  }

  async #append(steps: readonly AppendStep[], process: Process): Promise<void> {
    await Promise.all(
      steps.map(async ({ durability, sizes }) => {
        const call = this.#calls++;
        const entries = sizes.map((size, index) => ({
          type: "message",
          id: `${call}.${index}`,
          text: "x".repeat(size),
        }));
        if (entries.length > 1) this.batches.push(entries.map(({ id }) => id));
        const results = await process.do((handles) => handles[durability].appendBatch(entries));
        for (const { id, parentId } of results?.value ?? []) {
          this.promised.push({ id, parentId, leaf: id, call, synced: durability === "synced" });
        }
      }),
    );
    this.promised.sort((a, b) => a.call - b.call);
  }

  async #moveLeaf(pick: number, synced: boolean, process: Process): Promise<void> {
    const call = this.#calls++;
    const id = `${call}.leaf`;
    // Not into the middle of a batch, of which a branch would then have a part.
    const inner = new Set(this.batches.flatMap((batch) => batch.slice(0, -1)));
    const targets = this.promised.map((entry) => entry.id).filter((at) => !inner.has(at));
    const targetId = pick === 0 ? null : (targets[pick % (targets.length + 1)] ?? "nobody");
    this.lastLeafCall = call;
    const result = await process.do((handles) =>
      handles[synced ? "synced" : "written"].append({ type: "leaf", id, targetId }),
    );
    if (!result) return;
    const { parentId } = result.value;
    const leaf = targetId === "nobody" ? (parentId ?? null) : targetId;
    this.promised.push({ id, parentId, leaf, call, synced });
  }

  async #migrate(backup: boolean, process: Process): Promise<void> {
    if (!this.content) return;
    this.toBackUp = backup && isLinear(this.content) ? this.content : undefined;
    await process.do(() => migrateTranscript(FILE, { fileSystem: process.port, backup }));
  }

  /** Another program adds a line, not to a piece of a line that stands: it would damage that. */
  #interfere(): void {
    if (!this.content?.length || this.content.length === this.#piecesEnd) return;
    this.#addForeign(FOREIGN_LINE);
  }

  #addForeign(text: string): void {
    this.medium.node(FILE).append(Buffer.from(text));
    this.#foreign += countForeign(text);
  }

  #ensureForeignKept(): void {
    ensure(countForeign(this.content) === this.#foreign, "an entry of another program is lost");
  }

  #notePiece(): void {
    this.#piecesEnd = this.content?.at(-1) === 0x0a ? undefined : this.content?.length;
  }

  /** Backups beside the transcript. */
  backups(): Buffer[] {
    const names = this.medium.names("/home/agent");
    return names
      .filter((name) => name.startsWith(`${NAME}.before-migration-`))
      .map((name) => this.medium.bytes(`/home/agent/${name}`) as Buffer);
  }
}

function countForeign(content: Buffer | string | undefined): number {
  return (content?.toString() ?? "").split('"foreign":true').length - 1;
}

/** The handles of one life. */
class Process {
  readonly port: CrashPort;
  #handles: { written: Transcript; synced: Transcript } | undefined;

  constructor(port: CrashPort) {
    this.port = port;
  }

  /** What `work` comes to; undefined when the crash came first. */
  async do<T>(
    work: (handles: { written: Transcript; synced: Transcript }) => Promise<T>,
  ): Promise<{ value: T } | undefined> {
    try {
      this.#handles ??= {
        written: await this.#open("written"),
        synced: await this.#open("synced"),
      };
      return { value: await work(this.#handles) };
    } catch (error) {
      if (this.port.crashed) return undefined;
      // A header that the crash tore is for the user to repair; the oracle looks whether it was.
      if (error instanceof LeaflogError && error.code === "LEAFLOG_BAD_HEADER") return undefined;
      throw error;
    }
  }

  async reopen(): Promise<void> {
    await this.do(async ({ written, synced }) => {
      await written.close();
      await synced.close();
    });
    this.#handles = undefined;
  }

  async end(): Promise<void> {
    const { written, synced } = this.#handles ?? {};
    await Promise.allSettled([written?.close(), synced?.close()]);
  }

  #open(durability: TranscriptOptions["durability"] & string): Promise<Transcript> {
    return openTranscript(FILE, { fileSystem: this.port, durability, lock: { idleMs: 0 } });
  }
}
