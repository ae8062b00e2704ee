import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of this directory, running: it says lines and is told lines. */
export class LockChild {
  readonly process: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly said: string[] = [];
  #heard = 0;
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(program: string, ...args: string[]) {
    const file = fileURLToPath(new URL(program, import.meta.url));
    this.process = spawn(process.execPath, ["--import", "tsx", file, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.exited = once(this.process, "exit").then(([code, signal]) => ({ code, signal }));
    const lines = createInterface({ input: this.process.stdout! });
    lines.on("line", (line) => {
      this.said.push(line);
      this.#wake();
    });
    lines.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  tell(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** The next line that the child says. */
  async hear(): Promise<string> {
    while (this.#heard === this.said.length) {
      if (this.#ended) throw new Error(`the child ended after: ${this.said.join(" | ")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.said[this.#heard++]!;
  }

  ask(line: string): Promise<string> {
    this.tell(line);
    return this.hear();
  }

  /** Ends the child, also a stopped one. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }
}

/** A directory of its own for each test, and what is to be removed with it. */
export class LockScene implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "leaflog-lock-"));
  readonly file: string = join(this.directory, "transcript.jsonl");
  readonly #children: LockChild[] = [];

  start(program: string, ...args: string[]): LockChild {
    const child = new LockChild(program, ...args);
    this.#children.push(child);
    return child;
  }

  /** A child process that has taken the lock of {@link file}. */
  async holder(staleMs: number): Promise<LockChild> {
    const child = this.start("lock-holder.ts", this.file, String(staleMs));
    const said = await child.hear();
    if (said !== "acquired true") throw new Error(`the child said: ${said}`);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A lock as leaflog makes it, last refreshed so long ago, which nobody refreshes any more. */
export function makeLock(path: string, ageMs = 0): void {
  writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  const time = new Date(Date.now() - ageMs);
  utimesSync(path, time, time);
}

/** For `acquire`: wants the lock for so many milliseconds from now. */
export function forMs(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() < end;
}

/** An operating system's error, as a file system would reject with. */
export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
