import { join } from "node:path";
import { type Fixture, restoreFixture } from "../workload/fixture.js";
import { type LineBytes, Messages } from "../workload/messages.js";
import type { Writer, WriterKind } from "../writers/writer.js";
import { checkWritten } from "./check-written.js";
import { latencyValues, measured } from "./measured.js";
import type { Form, TrialResult } from "./question.js";
import { warmUp } from "./warm-up.js";

export interface WritingTrial {
  readonly kind: WriterKind;
  /** How long to warm up; not at all where it is left out. */
  readonly form?: Form;
  /** Its own. */
  readonly directory: string;
  readonly lineBytes: LineBytes;
  /** Append behind this; a new file otherwise. Left as it was. */
  readonly onto?: Fixture;
  /**
   * Appends; returns how many, or how long each took in milliseconds. By the time that it has
   * returned and the writer is closed, all of it is in the file.
   */
  work(writer: Writer, messages: Messages): Promise<number | readonly number[]>;
}

/** Measures a writer at work, and looks at what it wrote. */
export async function writingTrial(trial: WritingTrial): Promise<TrialResult> {
  const { kind, directory, form, lineBytes, onto } = trial;
  const messages = new Messages(lineBytes);
  const warm = async (turn: number) => {
    const writer = await kind.open(join(directory, `warm-up-${turn}`));
    await trial.work(writer, messages);
    await writer.close();
  };
  if (form !== undefined) await warmUp(form, warm);
  const file = onto?.path ?? join(directory, "written");
  const writer = await kind.open(file);
  // The first append of a file is the subject of a question of its own.
  await writer.append(messages.next());
  const { value, ms, values, loop } = await measured(async () => {
    const done = await trial.work(writer, messages);
    await writer.close();
    return done;
  });
  const count = typeof value === "number" ? value : value.length;
  const written = { format: kind.format, file, count: count + 1, ...(onto && { onto }) };
  const fault = await checkWritten(written);
  if (onto) await restoreFixture(onto);
  const calls = typeof value === "number" ? undefined : latencyValues(value);
  return {
    values: { rate: (1000 * count) / ms, ...values, ...calls?.values },
    gaps: loop.gaps,
    ...(calls && { latency: calls.latency }),
    ...(fault !== undefined && { fault }),
  };
}
