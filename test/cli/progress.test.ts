import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withProgress } from "../../src/cli/output/progress.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("where nobody watches: a plain line every few seconds, none for a short task", async () => {
  const notes: string[] = [];
  const console = {
    stdin: new ReadableStream<Uint8Array>(),
    out: () => undefined,
    note: (line: string) => notes.push(line),
  };
  const result = await withProgress(console, "verifying", async (report) => {
    report(1_000_000, 10_000_000);
    vi.advanceTimersByTime(3000);
    report(3_000_000, 10_000_000);
    report(4_000_000, 10_000_000);
    vi.advanceTimersByTime(3000);
    report(6_000_000, 10_000_000);
    return "done";
  });
  expect(result).toBe("done");
  expect(notes).toEqual(["verifying: 30 %, 1 MB/s, 7 s left", "verifying: 60 %, 1 MB/s, 4 s left"]);
});
