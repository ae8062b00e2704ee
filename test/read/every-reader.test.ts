import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { beforeEach, expect, it } from "vitest";
import { LeaflogError, openTranscript, type Transcript } from "../../src/index.js";
import { systemError } from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { collect } from "../support/read/entries-model.js";
import { ReadPort } from "../support/read/read-port.js";
import { tempDirectory } from "../support/temp-directory.js";

type Read = (transcript: Transcript, signal: AbortSignal) => Promise<unknown>;

const READERS: Record<string, Read> = {
  entries: (transcript, signal) => collect(transcript.entries({ signal })),
  "entries from an offset": (transcript, signal) =>
    collect(transcript.entries({ from: 99, signal })),
  "entries in reverse": (transcript, signal) =>
    collect(transcript.entries({ from: 700_000, reverse: true, signal })),
  tail: (transcript, signal) => transcript.tail(200, { signal }),
  branch: (transcript, signal) => collect(transcript.branch(undefined, { signal })),
  "branch with a missing parent": (transcript, signal) =>
    collect(transcript.branch("orphan", { signal })),
  "page forward": (transcript, signal) => transcript.page({ limit: 200, signal }),
  "page backward": (transcript, signal) =>
    transcript.page({ limit: 200, direction: "backward", signal }),
  entry: (transcript, signal) => transcript.entry("e0", { signal }),
  snapshot: async (transcript, signal) => buffer((await transcript.snapshot({ signal })).stream),
  header: (transcript) => transcript.header(),
};

let port: ReadPort;
let transcript: Transcript;

beforeEach(async (context) => {
  const file = join(await tempDirectory(context), "t.jsonl");
  const text = (at: number) => "é".repeat(at === 5 ? 600_000 : 3000);
  const lines = Array.from({ length: 150 }, (_, at) =>
    linkedLine(`e${at}`, at === 0 ? null : `e${at - 1}`, { text: text(at) }),
  );
  const orphan = linkedLine("orphan", "nobody");
  await writeFile(file, HEADER_LINE + orphan + lines.join(""));
  port = new ReadPort();
  transcript = await openTranscript(file, { fileSystem: port.fileSystem });
});

/** Does something at one operation of a reader, and tells how the reader ended and how far it came. */
async function readWith(
  read: Read,
  nth: number,
  what: (controller: AbortController) => void,
): Promise<{ struck: boolean; result?: unknown; error?: unknown }> {
  const controller = new AbortController();
  let count = 0;
  port.before = () => {
    count += 1;
    if (count === nth) what(controller);
  };
  try {
    const result = await read(transcript, controller.signal);
    return { struck: count >= nth, result };
  } catch (error) {
    return { struck: count >= nth, error };
  } finally {
    port.before = () => undefined;
    const clean = { openFiles: 0, watches: 0, forbidden: [], closedUnderRead: false };
    expect(port).toMatchObject(clean);
  }
}

it.each(Object.entries(READERS))("%s reports a failure of any operation", async (_, read) => {
  const cause = systemError("EIO");
  for (let nth = 1; ; nth += 1) {
    const { struck, error } = await readWith(read, nth, () => {
      throw cause;
    });
    if (!struck) break;
    expect(error).toBeInstanceOf(LeaflogError);
    expect(error).toMatchObject({ code: "LEAFLOG_READ_FAILED", cause, file: transcript.file });
  }
});

it.each(
  Object.entries(READERS),
)("%s ends with the signal, at any operation", async (name, read) => {
  const whole = JSON.stringify((await readWith(read, 0, () => undefined)).result);
  let aborted = 0;
  for (let nth = 1; ; nth += 1) {
    const { struck, result, error } = await readWith(read, nth, (controller) => controller.abort());
    if (!struck) break;
    if (error === undefined) {
      // It was as good as done.
      expect(JSON.stringify(result) === whole).toBe(true);
    } else {
      aborted += 1;
      expect(error).toMatchObject({ code: "LEAFLOG_ABORTED" });
    }
  }
  expect(aborted > 0).toBe(name !== "header");
});

it("closes no file that is being read", async () => {
  for (const options of [{}, { reverse: true }]) {
    for await (const _ of transcript.entries(options)) break;
    for await (const _ of transcript.branch()) break;
    expect(port).toMatchObject({ openFiles: 0, closedUnderRead: false });
  }
  const { stream } = await transcript.snapshot();
  const closed = once(stream, "close");
  stream.read();
  stream.destroy();
  await closed;
  expect(port).toMatchObject({ openFiles: 0, closedUnderRead: false });
});

it.each(
  Object.entries(READERS),
)("%s gives the same however short the reads are", async (_, read) => {
  const { signal } = new AbortController();
  const whole = JSON.stringify(await read(transcript, signal));
  for (const maxRead of [50_000, 65_537, 300_001]) {
    port.maxRead = maxRead;
    expect(JSON.stringify(await read(transcript, signal)) === whole).toBe(true);
  }
});
