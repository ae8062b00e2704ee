import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** How a program without our lock writes. */
export interface Steadiness {
  readonly linesPerSecond: number;
  /** Whether its entries have an id and a parent. */
  readonly linked: boolean;
  /** Whether it writes each line in two halves, some milliseconds apart. @default false */
  readonly halves?: boolean;
}

const PROGRAM = `
const fs = require("node:fs");
const [, file, name, rate, linked, halves] = process.argv;
const fd = fs.openSync(file, "a");
let n = 0;
const line = () => {
  const id = name + "-" + n;
  const links = linked === "true" ? { id, parentId: n === 0 ? null : name + "-" + (n - 1) } : {};
  n += 1;
  return JSON.stringify({ type: "message", ...links, mark: id, message: { role: "user" } }) + "\\n";
};
const write = () => {
  const text = line();
  if (halves !== "true") return fs.writeSync(fd, text);
  fs.writeSync(fd, text.slice(0, 20));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 7);
  fs.writeSync(fd, text.slice(20));
};
const startedAt = performance.now();
const perTick = () => Math.floor(((performance.now() - startedAt) * Number(rate)) / 1000) + 1 - n;
const tick = () => { for (let due = perTick(); due > 0; due -= 1) write(); };
tick();
console.log("open");
const timer = setInterval(tick, 5);
process.stdin.once("data", () => { clearInterval(timer); fs.closeSync(fd); console.log(n); process.exit(0); });
process.stdin.once("end", () => process.exit(1));
`;

/** A program that opens a file once and goes on appending to what it has open, without our lock. */
export class SteadyWriter {
  readonly process: ChildProcess;
  readonly #name: string;
  readonly #said: AsyncIterator<string>;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.process = process;
    if (process.stdout === null) throw new Error("the child has no output");
    this.#said = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when it has the file open and has written a line. */
  static async start(file: string, name: string, how: Steadiness): Promise<SteadyWriter> {
    const args = [file, name, how.linesPerSecond, how.linked, how.halves ?? false].map(String);
    const child = spawn(process.execPath, ["-e", PROGRAM, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const writer = new SteadyWriter(name, child);
    await writer.#hear();
    return writer;
  }

  /** Ends it; the marks of all lines that it wrote. */
  async end(): Promise<string[]> {
    const exited = once(this.process, "exit");
    this.process.stdin?.write("end\n");
    const count = Number(await this.#hear());
    await exited;
    return Array.from({ length: count }, (_, n) => `${this.#name}-${n}`);
  }

  async #hear(): Promise<string> {
    const { value, done } = await this.#said.next();
    if (done) throw new Error("the child ended");
    return value;
  }
}
