import type { Console } from "./command.js";

/** Milliseconds between two lines where nobody watches. */
const LINE_MS = 3000;
const MB = 1_000_000;

type Report = (bytesDone: number, bytesTotal: number) => void;

interface Progress {
  readonly report: Report;
  end(): void;
}

/**
 * Tells on stderr how a long task over a file proceeds: by a bar with rate and time left where a
 * person watches and `cli-progress`, an optional peer, is installed; otherwise by a plain line
 * every few seconds, so that short tasks say nothing.
 */
export async function withProgress<T>(
  console: Console,
  task: string,
  run: (report: Report) => Promise<T>,
): Promise<T> {
  const bar = console.watched ? await barOf(task) : undefined;
  const progress = bar ?? linesOf(console, task);
  try {
    return await run(progress.report);
  } finally {
    progress.end();
  }
}

async function barOf(task: string): Promise<Progress | undefined> {
  let library: typeof import("cli-progress");
  try {
    library = (await import("cli-progress")).default;
  } catch {
    // Not installed: plain lines do.
    return undefined;
  }
  const bar = new library.SingleBar({
    format: `${task} {bar} {percentage}% | {done}/{size} MB | {rate} MB/s | {eta_formatted} left`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  const startedAt = performance.now();
  const figures = (done: number, total: number) => ({
    done: (done / MB).toFixed(0),
    size: (total / MB).toFixed(0),
    rate: rateOf(done, startedAt),
  });
  bar.start(1, 0, figures(0, 0));
  return {
    report: (done, total) => {
      bar.setTotal(total);
      bar.update(done, figures(done, total));
    },
    end: () => bar.stop(),
  };
}

function linesOf(console: Console, task: string): Progress {
  const startedAt = performance.now();
  let toldAt = startedAt;
  return {
    report: (done, total) => {
      const now = performance.now();
      if (now - toldAt < LINE_MS) return;
      toldAt = now;
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
      const left = ((now - startedAt) / 1000) * (total / Math.max(1, done) - 1);
      const rate = rateOf(done, startedAt);
      console.note(`${task}: ${percent} %, ${rate} MB/s, ${left.toFixed(0)} s left`);
    },
    end: () => undefined,
  };
}

function rateOf(done: number, startedAt: number): string {
  const seconds = Math.max(1, performance.now() - startedAt) / 1000;
  return (done / MB / seconds).toFixed(0);
}
