import { spawn } from "node:child_process";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** The command line, to be run with tsx. */
export const CLI: string = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** How a child process ended, and what it said. */
export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Fed to stdin, which then ends. @default nothing */
  readonly input?: string | Uint8Array;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the root of the checkout */
  readonly cwd?: string;
  /** Milliseconds until the child is killed. @default 50,000, less than a test has */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. Resolves whatever its exit code; rejects when it cannot be started. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 50_000,
    killSignal: "SIGKILL",
  });
  // A child may end without having read its input; what it did instead is for the test to judge.
  child.stdin.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") child.emit("error", error);
  });
  child.stdin.end(options.input ?? "");
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
    buffer(child.stdout),
    buffer(child.stderr),
  ]);
  return { code, signal, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
}

/** Runs a TypeScript program with this process's Node, in the root, where tsx is found. */
export function runTypeScript(
  file: string,
  args: readonly string[] = [],
  options: Omit<RunOptions, "cwd"> = {},
): Promise<Run> {
  return run(process.execPath, ["--import", "tsx", file, ...args], options);
}

/** Runs `leaflog` from its sources. */
export function runCli(
  args: readonly string[],
  options: Omit<RunOptions, "cwd"> = {},
): Promise<Run> {
  return runTypeScript(CLI, args, options);
}
