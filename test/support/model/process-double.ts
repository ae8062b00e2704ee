import type { FileSystem, OpenFile } from "../../../src/file/file-system.js";
import { interceptedFileSystem, type PortCall, type RunCall } from "../intercepted-file-system.js";
import { quickFileSystem } from "../quick-file-system.js";

const NEVER: Promise<never> = new Promise(() => undefined);

/** Where a process dies: before an operation, or in the middle of a write. */
export interface Death {
  /** Operations that it still makes. */
  readonly after: number;
  /** Share of the bytes that a write takes if that is where it dies. */
  readonly share: number;
}

/**
 * Stands in for a process: its file system shares nothing with another's, and once it is dead no
 * operation of it begins or returns any more. What it had open is closed, as the system would.
 */
export class ProcessDouble {
  readonly fileSystem: FileSystem;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  readonly #open = new Set<OpenFile>();
  readonly #underWay = new Set<Promise<unknown>>();
  #death: Death | undefined;
  #calls = 0;
  #isDead = false;
  #onDeath: () => void = () => undefined;

  constructor() {
    this.died = new Promise((resolve) => {
      this.#onDeath = resolve;
    });
    this.fileSystem = interceptedFileSystem(
      (call, run) => this.#around(call, run),
      quickFileSystem,
    );
  }

  dieAt(death: Death): void {
    this.#death = death;
    this.#calls = 0;
  }

  async kill(): Promise<void> {
    this.#die();
    // A descriptor that is still read from must not become another file's.
    await Promise.allSettled(this.#underWay);
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((file) => file.close()));
  }

  #die(): void {
    this.#isDead = true;
    this.#onDeath();
  }

  async #around(call: PortCall, run: RunCall): Promise<unknown> {
    if (this.#isDead) return NEVER;
    this.#calls += 1;
    const dying = this.#death !== undefined && this.#calls > this.#death.after;
    const work = dying ? this.#lastWork(call, run) : this.#work(call, run);
    this.#underWay.add(work);
    const result = await work.finally(() => this.#underWay.delete(work));
    if (dying) this.#die();
    return this.#isDead ? NEVER : result;
  }

  async #work({ name }: PortCall, run: RunCall): Promise<unknown> {
    const result = await run();
    return name === "open" ? this.#opened(result as OpenFile) : result;
  }

  /** What is left of the operation in which it dies. */
  async #lastWork({ name, args }: PortCall, run: RunCall): Promise<void> {
    if (name !== "file.write" || this.#death === undefined) return;
    const [buffer] = args as [Buffer];
    const part = buffer.subarray(0, Math.floor(buffer.length * this.#death.share));
    if (part.length > 0) await run([part]);
  }

  #opened(file: OpenFile): OpenFile {
    this.#open.add(file);
    return new Proxy(file, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          if (name === "close") this.#open.delete(file);
          return member.apply(target, args) as unknown;
        };
      },
    });
  }
}
