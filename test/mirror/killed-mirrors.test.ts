import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bundlePrograms } from "../support/bundle-programs.js";
import type { Line } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

const SOURCES = ["a", "b", "c", "d"];
/** Messages of a source; each process mirrors two sources, each source has two processes. */
const MESSAGES = 1000;
/** How often each process is killed before it may run to its end. */
const KILLS = process.env.LEAFLOG_LONG === "1" ? 20 : 3;
/** Milliseconds from the start of a process to its kill, at most. */
const PATIENCE_MS = 900;

/** Starts a mirror again and again until it ended by itself. @returns how often it was killed */
async function mirrorToTheEnd(program: string, args: readonly string[]): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    await Promise.race([once(child.stdout, "data"), closed]);
    const delay = Math.random() * PATIENCE_MS;
    const timer = kills < KILLS ? setTimeout(() => child.kill("SIGKILL"), delay) : undefined;
    const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    if (code === 0) return kills;
    expect(signal).toBe("SIGKILL");
  }
}

/** The entries of a file whose writers were killed: a kill may have cut a line. */
async function wholeEntries(file: string): Promise<{ entries: Line[]; broken: number }> {
  const lines = (await readFile(file, "utf8")).split("\n").slice(1, -1);
  const entries: Line[] = [];
  for (const line of lines) {
    try {
      entries.push(JSON.parse(line) as Line);
    } catch {
      // What a kill left of a line.
    }
  }
  return { entries, broken: lines.length - entries.length };
}

test("mirrors that overlap and are killed write every message once, in order, in one chain", {
  timeout: 600_000,
}, async () => {
  const directory = await tempDirectory();
  const source = fileURLToPath(new URL("children/mirror.ts", import.meta.url));
  const [program] = (await bundlePrograms(directory, [source])) as [string];
  const file = join(directory, "a.jsonl");
  const kills = await Promise.all(
    SOURCES.map((own, index) => {
      const other = SOURCES[(index + 1) % SOURCES.length] as string;
      return mirrorToTheEnd(program, [file, String(MESSAGES), own, other]);
    }),
  );
  const killed = kills.reduce((sum, count) => sum + count);
  expect(killed).toBeGreaterThan(SOURCES.length);

  const { entries, broken } = await wholeEntries(file);
  expect(broken).toBeLessThanOrEqual(killed);
  let previous: string | null = null;
  for (const { id, parentId } of entries) {
    expect(parentId).toBe(previous);
    previous = id;
  }
  const messages = entries.map(({ message }) => message as { source: string; number: number });
  for (const source of SOURCES) {
    const numbers = messages.filter((message) => message.source === source);
    expect(numbers.map(({ number }) => number)).toEqual([...Array(MESSAGES).keys()]);
  }
  expect(entries).toHaveLength(SOURCES.length * MESSAGES);
});
