import type { FileSystem } from "../../file/file-system.js";

/** Tells when it is time to look at a file again: it changed, or some time went by. */
export class FileAlarm {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  #unwatch: (() => void) | undefined;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(fileSystem: FileSystem, path: string, signal: AbortSignal | undefined) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#ring);
  }

  /** Watches whatever file bears the name now; none when there is none or the system cannot. */
  async watch(): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = undefined;
    try {
      this.#unwatch = await this.#fileSystem.watch?.(this.#path, this.#ring);
    } catch {
      // No such file, or no more watches to be had: then looking now and then has to do.
      this.#unwatch = undefined;
    }
  }

  /** To be called before the file is looked at: from here on every change counts as new. */
  reset(): void {
    this.#rung = false;
  }

  /** Resolves at the next change since `reset`, at the abort, or after `timeoutMs` milliseconds. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#rung || this.#signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#ring);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  readonly #ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };
}
