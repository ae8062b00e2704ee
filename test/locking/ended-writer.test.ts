import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { type LockChild, LockScene } from "../lock/children/lock-harness.js";
import { HEADER_LINE, readChain } from "../support/lines.js";

// A process that appends ends by a signal, at a random moment. LEAFLOG_LONG=1: 30 times as often.
const ROUNDS = process.env.LEAFLOG_LONG === "1" ? 30 : 1;
const FILES = 16;
const STALE_MS = 2000;
const PROGRAM = new URL("children/printing-writer.ts", import.meta.url).href;

class EndScene extends LockScene {
  readonly transcripts: string = join(this.directory, "transcripts");

  constructor() {
    super();
    mkdirSync(this.transcripts);
    for (let n = 0; n < FILES; n += 1) writeFileSync(this.transcript(n), HEADER_LINE);
  }

  transcript(n: number): string {
    return join(this.transcripts, `${n}.jsonl`);
  }

  async writer(): Promise<LockChild> {
    const child = this.start(PROGRAM, this.transcripts, String(FILES));
    expect(await child.hear()).toBe("ready");
    return child;
  }

  /** What is there besides transcripts: locks, notes, guards. */
  get left(): string[] {
    return readdirSync(this.transcripts).filter((name) => !name.endsWith(".jsonl"));
  }

  /** Each transcript is one chain that has every entry which the child was told of. */
  async verify(child: LockChild): Promise<number> {
    const told = child.said.filter((line) => /^\d+ /.test(line)).map((line) => line.split(" "));
    for (let n = 0; n < FILES; n += 1) {
      const ids = new Set((await readChain(this.transcript(n))).map(({ id }) => id));
      const missing = told.filter(([file, id = ""]) => Number(file) === n && !ids.has(id));
      expect(missing).toEqual([]);
    }
    return told.length;
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test.concurrent(`${signal} without a handler: dies of it at once, no lock is left`, {
    timeout: 300_000,
  }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await using scene = new EndScene();
      const child = await scene.writer();
      await child.ask("go");
      await wait(150 + Math.random() * 150);
      child.process.kill(signal);
      expect(await child.exited).toEqual({ code: null, signal });
      expect(scene.left).toEqual([]);
      expect(await scene.verify(child)).toBeGreaterThanOrEqual(FILES);
    }
  });

  test.concurrent(`${signal} with a handler of the host: it runs, and no lock is left`, {
    timeout: 300_000,
  }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await using scene = new EndScene();
      const child = await scene.writer();
      expect(await child.ask(`handle ${signal}`)).toBe("listening");
      await child.ask("go");
      await wait(150 + Math.random() * 150);
      child.process.kill(signal);
      expect(await child.exited).toEqual({ code: 7, signal: null });
      expect(child.said).toContain(`handled ${signal}`);
      expect(scene.left).toEqual([]);
      expect(await scene.verify(child)).toBeGreaterThanOrEqual(FILES);
    }
  });
}

test.concurrent("SIGKILL: others wait for staleMs and a second at most, and go on", {
  timeout: 300_000,
}, async () => {
  const waits: number[] = [];
  const isShown = () => Math.min(...waits) < STALE_MS + 1000;
  // Again when the machine had no time for it.
  for (let round = 0; round < ROUNDS || (!isShown() && round < ROUNDS + 3); round += 1) {
    await using scene = new EndScene();
    const child = await scene.writer();
    await child.ask("go");
    await wait(150 + Math.random() * 150);
    await child.kill();
    expect(scene.left.length).toBeGreaterThan(0);
    const waited = await Promise.all(Array.from({ length: FILES }, (_, n) => waitFor(scene, n)));
    // The median, for all of them begin at once on a machine that has other things to do.
    waits.push(waited.sort((a, b) => a - b)[FILES >> 1] ?? 0);
    expect(scene.left).toEqual([]);
    expect(await scene.verify(child)).toBeGreaterThanOrEqual(FILES);
  }
  expect(isShown(), `waited ${waits} ms`).toBe(true);
});

/** Milliseconds until the next writer of a transcript has appended. */
async function waitFor(scene: EndScene, n: number): Promise<number> {
  const startedAt = performance.now();
  const options = { lock: { staleMs: STALE_MS } };
  await using transcript = await openTranscript(scene.transcript(n), options);
  await transcript.append({ type: "custom" });
  return performance.now() - startedAt;
}
