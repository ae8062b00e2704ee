import { readlinkSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { isMainThread } from "node:worker_threads";
import { readOrNothing, startTimeOf } from "./process-life.js";

/** By what others on this host can tell whether this process, or thread of it, is still there. */
export interface HostedProcess {
  /** Of the host's current run, and of the pids that its processes count by. */
  readonly host: string;
  /** See `startTimeOf`. */
  readonly startTime: number;
  /** Of a worker thread. */
  readonly thread?: { readonly id: number; readonly startTime: number };
}

let own: Promise<HostedProcess | undefined> | undefined;

/** Of this process, or this worker thread; undefined where the system does not tell. */
export function ownProcess(): Promise<HostedProcess | undefined> {
  own ??= find();
  return own;
}

async function find(): Promise<HostedProcess | undefined> {
  const startTime = await startTimeOf(`${process.pid}`);
  const boot = await readOrNothing("/proc/sys/kernel/random/boot_id");
  // Without any of them the note says too little for others to tell that this process is gone.
  const pids = await readlink("/proc/self/ns/pid").catch(() => undefined);
  if (startTime === undefined || boot === undefined || pids === undefined) return undefined;
  const host = `${boot.trim()} ${pids}`;
  if (isMainThread) return { host, startTime };
  const thread = await ownThread();
  return thread && { host, startTime, thread };
}

async function ownThread(): Promise<HostedProcess["thread"]> {
  const id = ownThreadId();
  if (id === undefined) return undefined;
  const startTime = await startTimeOf(`${process.pid}/task/${id}`);
  return startTime === undefined ? undefined : { id, startTime };
}

function ownThreadId(): number | undefined {
  try {
    // Asked in the thread itself, in which asynchronous calls are not made; the kernel answers at once.
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    // An old kernel, or a process that may not look.
    return undefined;
  }
}
