import { createRequire } from "node:module";
import { join } from "node:path";
import { buildOpenClaw, OPENCLAW_BUILD } from "../../../bench/harness/openclaw-build.js";
import { installPeers } from "../../../bench/harness/peers.js";
import { ROOT } from "../run.js";

const BENCH = join(ROOT, "bench");

/** The real OpenClaw, as the benchmarks install it. */
export interface OpenClaw {
  /** A module with its append. */
  readonly append: string;
  /** A module with its lock. */
  readonly lock: string;
}

/**
 * It is half a gigabyte, which is downloaded where that was asked for, by `CI` or `LEAFLOG_LONG`.
 *
 * @returns why it cannot be had, where it cannot
 */
export async function openClaw(): Promise<OpenClaw | string> {
  const isAskedFor = process.env.CI !== undefined || process.env.LEAFLOG_LONG === "1";
  try {
    if (isAskedFor) {
      const problem = await installPeers(BENCH, console.log);
      if (problem !== undefined) return problem;
    }
    const { resolve } = createRequire(join(BENCH, "package.json"));
    const lock = resolve("openclaw/plugin-sdk/agent-harness-runtime");
    await buildOpenClaw(BENCH);
    return { append: join(BENCH, OPENCLAW_BUILD), lock };
  } catch (error) {
    const why = (error as Error).message.split("\n")[0];
    return `${why}; \`npm ci --prefix bench --ignore-scripts\` installs it (0.5 GB)`;
  }
}
