import { readFile, readlink } from "node:fs/promises";
import { isErrno } from "../../file/is-errno.js";

// What stands in /proc is made by the kernel as it is asked: no disk, and no matter of the file port.

/** Where in /proc/PID/stat, behind the name of the program, a process's facts stand. */
const STATE = 0;
const THREADS = 17;
const START_TIME = 19;
const LARGEST_PID = 2 ** 31 - 1;

/** What the system tells of a process or of one of its threads. */
interface ProcessFacts {
  /** Ended, but for that its parent has not asked how; none of its threads runs any more. */
  readonly isOver: boolean;
  /** Field 22 of /proc/PID/stat, in clock ticks since the system started: a pid may be used again. */
  readonly startTime: number;
}

/** Whether it can be the pid of a process. */
export function isPid(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= LARGEST_PID;
}

/**
 * Whether no process of this host has that pid, or another than the one that had it.
 *
 * @param startTime field 22 of /proc/PID/stat; undefined: not known
 */
export async function isGoneProcess(pid: number, startTime?: number): Promise<boolean> {
  if (!isRunning(pid)) return true;
  const facts = await factsOf(`${pid}`);
  if (facts === undefined) return false;
  return facts.isOver || (startTime !== undefined && facts.startTime !== startTime);
}

/** Whether a running process has that thread no more; false where the system does not tell. */
export async function isGoneThread(
  pid: number,
  thread: number,
  startTime: number,
): Promise<boolean> {
  const facts = await factsOf(`${pid}/task/${thread}`);
  if (facts !== undefined) return facts.startTime !== startTime;
  // Where the threads that a process has can be seen, one that is not among them is gone.
  return (await factsOf(`${pid}/task/${pid}`)) !== undefined;
}

/** Field 22 of the stat of a process (`PID`) or a thread (`PID/task/TID`). */
export async function startTimeOf(task: string): Promise<number | undefined> {
  return (await factsOf(task))?.startTime;
}

/** Undefined where the system does not tell, or nothing is there. */
async function factsOf(task: string): Promise<ProcessFacts | undefined> {
  if (!(await hasOwnProc())) return undefined;
  const text = await readOrNothing(`/proc/${task}/stat`);
  if (text === undefined) return undefined;
  // The program's name stands in parentheses and may have any character in it.
  const behindName = text.slice(text.lastIndexOf(")") + 1).trim();
  const fields = behindName.split(/\s+/);
  const startTime = Number(fields[START_TIME]);
  if (!Number.isInteger(startTime)) return undefined;
  // While other threads of it are ending, one of them may still be writing.
  const isOver = /^[ZX]$/.test(fields[STATE] ?? "") && Number(fields[THREADS]) <= 1;
  return { isOver, startTime };
}

export async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // Nothing there, or another user's: nothing is told, and nothing decided by it.
    return undefined;
  }
}

let own: Promise<boolean> | undefined;

/** Whether /proc is that of the processes among which our own pid counts. */
function hasOwnProc(): Promise<boolean> {
  own ??=
    process.platform === "linux"
      ? readlink("/proc/self").then(
          (pid) => pid === String(process.pid),
          () => false,
        )
      : Promise.resolve(false);
  return own;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return !isErrno(error, "ESRCH");
  }
}
