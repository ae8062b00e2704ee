import { join } from "node:path";
import { checkWritten } from "../harness/check-written.js";
import { measured } from "../harness/measured.js";
import { each, type Form, type Question, type Series } from "../harness/question.js";
import { readFixture, restoreFixture, writeFixture } from "../workload/fixture.js";
import { appendInLanes } from "../workload/in-flight.js";
import { Messages } from "../workload/messages.js";
import { writerKind } from "../writers/writers.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const MB_OF: Readonly<Record<string, number>> = {
  "1 MB": 1,
  "8 MB": 8,
  "64 MB": 64,
  "1 GB": 1024,
  "4 GB": 4096,
};

/** How often another transcript is opened before: this is no measurement of Node's compiler. */
const WARM_UPS = { short: 20, full: 200 } as const;

/** The first append to a transcript: open it, find its leaf, link to it. */
export const coldAppend: Question = {
  name: "cold-append",
  asks: "How long do opening a transcript and the first append to it take, by the file's size?",
  headline: "ms",
  columns: ["gapMs", "gapCpuMs", "peakMb"],
  series: (form) => [
    ...each(sizes(form), ["leaflog"]),
    ...each(form === "full" ? sizes(form) : ["64 MB"], ["OpenClaw"]),
    // They read all of the file, pi into one string.
    ...each(form === "full" ? ["1 MB", "8 MB", "64 MB"] : ["64 MB"], ["pi", "before"]),
  ],
  prepare: async (directory, form) => {
    for (const name of sizes(form)) {
      const bytes = (MB_OF[name] as number) * MiB;
      await writeFixture(directory, name, { lineBytes: 4 * KiB, bytes });
    }
  },
  trial: async ({ case: name, arm }: Series, { form, directory, fixtures }) => {
    const kind = writerKind(arm);
    const fixture = await readFixture(fixtures, name);
    const messages = new Messages(4 * KiB);
    for (let count = 0; count < WARM_UPS[form]; count += 1) {
      const warm = await kind.open(join(directory, "warm-up"));
      await appendInLanes(warm, messages, 1, { count: 3 });
      await warm.close();
    }
    const { value, values, loop } = await measured(async () => {
      const startedAt = performance.now();
      const writer = await kind.open(fixture.path);
      await writer.append(messages.next());
      return { writer, appendMs: performance.now() - startedAt };
    });
    await value.writer.close();
    const written = { format: kind.format, file: fixture.path, count: 1, onto: fixture };
    const fault = await checkWritten(written);
    await restoreFixture(fixture);
    return {
      values: { ...values, ms: value.appendMs },
      gaps: loop.gaps,
      ...(fault !== undefined && { fault }),
    };
  },
};

function sizes(form: Form): string[] {
  return form === "full" ? Object.keys(MB_OF) : ["1 MB", "64 MB", "1 GB"];
}
