import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { PEERS_VARIABLE } from "./peers.js";
import type { Form, Series } from "./question.js";
import type { TrialAnswer, TrialOrder } from "./trial.js";

/** Milliseconds that a trial may take. */
const PATIENCE_MS = { short: 60_000, full: 600_000 } as const;
/** Characters of a failed trial's complaint to keep. */
const COMPLAINT_CHARS = 2000;

/** Where and with what trials run. */
export interface Laboratory {
  /** For all files of the run. */
  readonly directory: string;
  /** The trials' program. */
  readonly program: string;
  /** Directory of bench/package.json; undefined to do without peers. */
  readonly peers: string | undefined;
  readonly form: Form;
}

/** Runs one trial in a process of its own. Never rejects for what that process does. */
export async function runTrial(
  laboratory: Laboratory,
  question: string,
  series: Series,
): Promise<TrialAnswer> {
  const directory = join(laboratory.directory, "trial");
  const fixtures = join(laboratory.directory, question);
  await mkdir(directory, { recursive: true });
  const place = { form: laboratory.form, directory, fixtures };
  const order: TrialOrder = { question, series, place };
  try {
    return await answerOf(startTrial(laboratory, order), PATIENCE_MS[laboratory.form]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function startTrial({ program, directory, peers }: Laboratory, order: TrialOrder): ChildProcess {
  return fork(program, [JSON.stringify(order)], {
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: {
      ...process.env,
      // A peer's notes about itself go where they are removed.
      HOME: directory,
      OPENCLAW_STATE_DIR: join(directory, "openclaw"),
      NODE_COMPILE_CACHE: join(directory, "compile-cache"),
      [PEERS_VARIABLE]: peers ?? "",
    },
  });
}

async function answerOf(child: ChildProcess, patienceMs: number): Promise<TrialAnswer> {
  let answer: TrialAnswer | undefined;
  let complaint = "";
  child.on("message", (message) => {
    answer = message as TrialAnswer;
  });
  child.stderr?.on("data", (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-COMPLAINT_CHARS);
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, patienceMs);
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  if (answer) return answer;
  if (late) return { failed: `took longer than ${patienceMs / 1000} s` };
  return { failed: `ended with ${signal ?? `exit code ${code}`}: ${complaint.trim()}` };
}
