import { spawnSync } from "node:child_process";
import { type Run, run } from "./run.js";

/** What strace does to a program; see `-e inject` in its manual. */
export interface Injection {
  /** A system call, as `fdatasync`; or several, of which a machine may lack some: `?link,?linkat`. */
  readonly call: string;
  /** What happens at the call, as `signal=KILL` or `error=EIO`. */
  readonly fault: string;
  /** At which calls, as `3`, or `3+` for all from then on. */
  readonly when: string;
  /** Only calls on this file count. @default all, those with which Node wakes its threads included */
  readonly path?: string | undefined;
}

/** Why programs cannot be run under strace here; undefined when they can. */
export function straceRefusal(): string | undefined {
  const injection = { call: "chdir", fault: "error=EIO", when: "1" };
  const args = [...straceArguments(injection), process.execPath, "-e", "0"];
  const { error, status, stderr } = spawnSync("strace", args, { encoding: "utf8" });
  if (error) return `strace cannot be started: ${error.message}`;
  return status === 0 ? undefined : `strace cannot trace: ${stderr.trim()}`;
}

/**
 * Runs a JavaScript program of Node under strace. Its disk operations come from one thread, for
 * strace counts calls by thread.
 */
export function runUnderStrace(
  program: string,
  args: readonly string[],
  injection: Injection,
): Promise<Run> {
  return run("strace", [...straceArguments(injection), process.execPath, program, ...args], {
    env: { UV_THREADPOOL_SIZE: "1" },
  });
}

function straceArguments({ call, fault, when, path }: Injection): string[] {
  const only = path === undefined ? [] : ["-P", path];
  const inject = `inject=${call}:${fault}:when=${when}`;
  return ["-f", "-qq", "-o", "/dev/null", ...only, "-e", `trace=${call}`, "-e", inject];
}
