import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openTranscript, verifyTranscript } from "../../src/index.js";
import { HEADER_LINE } from "../support/lines.js";
import { type OpenClaw, openClaw } from "../support/neighbours/openclaw.js";
import { run, runTypeScript } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

// Beside the real OpenClaw, whose lock has the name of ours. LEAFLOG_LONG=1 takes longer.
const LONG = process.env.LEAFLOG_LONG === "1";
const APPENDING_MS = LONG ? 30_000 : 10_000;
const HOLDING_MS = LONG ? [15_000, 1000, 1000] : [3000, 500, 500];

const OPENCLAW = fileURLToPath(new URL("children/openclaw.mjs", import.meta.url));
const LEAFLOG = fileURLToPath(new URL("children/leaflog.ts", import.meta.url));

const found = await openClaw();
if (typeof found === "string") console.log(`nothing is tried beside OpenClaw: ${found}`);

async function newFile(): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  await writeFile(file, HEADER_LINE);
  return file;
}

async function expectAlone(file: string): Promise<void> {
  expect(await readdir(dirname(file))).toEqual([basename(file)]);
}

/** A process of OpenClaw that holds the lock when it is told to. */
class LockHolder implements AsyncDisposable {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(module: string, file: string) {
    this.#child = spawn(process.execPath, [OPENCLAW, "hold", module, file], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** What it says next. */
  async hear(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  /** Takes the lock, or gives it back, and says so. */
  turn(): Promise<string> {
    this.#child.stdin.write("\n");
    return this.hear();
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGKILL");
      await exited;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

describe.skipIf(typeof found === "string")("beside OpenClaw", { timeout: 120_000 }, () => {
  const { append, lock } = found as OpenClaw;

  test("two processes of each append: all of it stands in one chain, and no lock is left", async () => {
    const file = await newFile();
    const ms = String(APPENDING_MS);
    const runs = await Promise.all([
      run(process.execPath, [OPENCLAW, "append", append, file, ms]),
      run(process.execPath, [OPENCLAW, "append", append, file, ms]),
      runTypeScript(LEAFLOG, [file, ms]),
      runTypeScript(LEAFLOG, [file, ms]),
    ]);
    const told = runs.map(
      ({ stdout }) => JSON.parse(stdout) as { appended: number; errors: string[] },
    );
    const counts = told.map(({ appended }) => appended);
    console.log(
      `appended in ${ms} ms: OpenClaw ${counts[0]}, ${counts[1]}, leaflog ${counts[2]}, ${counts[3]}`,
    );
    expect(told.flatMap(({ errors }) => errors)).toEqual([]);
    for (const count of counts) expect(count).toBeGreaterThan(0);
    const { counts: found, links } = await verifyTranscript(file);
    const entries = counts.reduce((sum, count) => sum + count, 0);
    expect(found.entries).toBe(entries);
    expect(links?.forks.total).toBe(0);
    expect(links?.branchLength).toBe(entries);
    await expectAlone(file);
  });

  test("the lock of a process that was killed holds nobody up", async () => {
    const file = await newFile();
    await using holder = new LockHolder(lock, file);
    expect(await holder.hear()).toBe("ready");
    expect(await holder.turn()).toBe("held");
    await holder.kill();
    await using transcript = await openTranscript(file);
    const startedAt = performance.now();
    await transcript.append({ type: "custom" });
    const waitedMs = performance.now() - startedAt;
    console.log(`waited for the lock of a dead process: ${Math.round(waitedMs)} ms`);
    expect(waitedMs).toBeLessThan(2000);
    await transcript.close();
    await expectAlone(file);
  });

  test("the lock of a process that lives is not robbed, and we go on when it is given back", async () => {
    const file = await newFile();
    await using holder = new LockHolder(lock, file);
    expect(await holder.hear()).toBe("ready");
    await using transcript = await openTranscript(file, { lock: { staleMs: 2000 } });
    const lagsMs: number[] = [];
    for (const ms of HOLDING_MS) {
      expect(await holder.turn()).toBe("held");
      let isAppended = false;
      const appending = transcript.append({ type: "custom" }).then(() => {
        isAppended = true;
        return Date.now();
      });
      await wait(ms);
      expect(isAppended).toBe(false);
      const releasedAt = Number(await holder.turn());
      lagsMs.push((await appending) - releasedAt);
      await transcript.flush();
      // Our lock lingers.
      await wait(50);
    }
    console.log(`appended behind the release: ${lagsMs.join(", ")} ms`);
    // The best, for the machine may have other things to do.
    expect(Math.min(...lagsMs)).toBeLessThan(100);
    await transcript.close();
    await expectAlone(file);
  });
});
