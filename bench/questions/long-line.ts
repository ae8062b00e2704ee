import { openTranscript, verifyTranscript } from "../../src/index.js";
import { checkWritten } from "../harness/check-written.js";
import { idleTrial } from "../harness/idle-trial.js";
import { measured } from "../harness/measured.js";
import { each, IDLE, IDLE_SERIES, type Question } from "../harness/question.js";
import { readFixture, restoreFixture, writeFixture } from "../workload/fixture.js";
import { messageOf } from "../workload/messages.js";
import { writerKind } from "../writers/writers.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const LINE_BYTES: Readonly<Record<string, number>> = {
  "1 MB line": MiB,
  "4 MB line": 4 * MiB,
  "16 MB line": 16 * MiB,
  "128 MB line": 128 * MiB,
};
const QUADRATIC = ["leaflog", "OpenClaw", "before"];
const READERS: Readonly<Record<string, (file: string) => Promise<boolean>>> = {
  "leaflog entries()": async (file) => {
    await using transcript = await openTranscript(file);
    let entries = 0;
    for await (const _ of transcript.entries()) entries += 1;
    return entries === ENTRIES + 1;
  },
  "leaflog verify": async (file) => (await verifyTranscript(file)).ok,
};
/** Before the long line. */
const ENTRIES = 100;

/** A transcript that ends with one enormous line, such as an image or a tool's output makes. */
export const longLine: Question = {
  name: "long-line",
  asks: "How long do an append behind, a reading of and a look at one enormous line take?",
  headline: "ms",
  columns: ["gapMs", "gapAboveIdleMs", "gapCpuMs", "peakMb", "readMb"],
  series: (form) => [
    IDLE_SERIES,
    // The time of the others grows with the square of the line.
    ...each(form === "full" ? ["1 MB line", "4 MB line", "16 MB line"] : [], QUADRATIC),
    ...each(["128 MB line"], ["leaflog", ...Object.keys(READERS)]),
  ],
  prepare: async (directory) => {
    for (const [name, lastBytes] of Object.entries(LINE_BYTES)) {
      await writeFixture(directory, name, { lineBytes: KiB, entries: ENTRIES, lastBytes });
    }
  },
  trial: async ({ case: name, arm }, { form, directory, fixtures }) => {
    if (arm === IDLE) return idleTrial({ form });
    const fixture = await readFixture(fixtures, name);
    const read = READERS[arm];
    if (read) {
      const { value, values, loop } = await measured(() => read(fixture.path));
      return { values, gaps: loop.gaps, ...(!value && { fault: "entries are missing" }) };
    }
    const kind = writerKind(arm);
    const warm = await kind.open(`${directory}/warm-up`);
    await warm.append(messageOf("warm-up"));
    await warm.close();
    const { value, values, loop } = await measured(async () => {
      const writer = await kind.open(fixture.path);
      await writer.append(messageOf("behind it"));
      return writer;
    });
    await value.close();
    const written = { format: kind.format, file: fixture.path, count: 1, onto: fixture };
    const fault = await checkWritten(written);
    await restoreFixture(fixture);
    return { values, gaps: loop.gaps, ...(fault !== undefined && { fault }) };
  },
};
