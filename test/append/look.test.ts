import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileStat } from "../../src/file/file-stat.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";
import { type FileSystem, openTranscript, type TranscriptOptions } from "../../src/index.js";
import {
  type AroundLook,
  interceptedFileSystem,
  type PortCall,
  type RunCall,
  systemError,
} from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { tempDirectory } from "../support/temp-directory.js";

/** A lock that no test outlives, so that only the first append opens the file. */
const LOCK = { idleMs: 60_000, maxHoldMs: 60_000 };

async function newFile(): Promise<string> {
  const file = join(await tempDirectory(), "a.jsonl");
  writeFileSync(file, HEADER_LINE + linkedLine("a", null));
  return file;
}

/** What is done at a path: looks that are answered at once, and looks and writes that are not. */
class LookedAt {
  readonly events: string[] = [];
  readonly fileSystem: FileSystem;
  onLook: AroundLook = (_, run) => run();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    const around = async (call: PortCall, run: RunCall) => {
      if (call.path === path && /stat|write/.test(call.name)) this.events.push(call.name);
      return run();
    };
    this.fileSystem = interceptedFileSystem(around, nodeFileSystem, (call, run) => {
      if (call.path !== this.#path) return run();
      this.events.push("look");
      return this.onLook(call, run);
    });
  }
}

async function openHeld(file: string, options: TranscriptOptions) {
  const transcript = await openTranscript(file, { lock: LOCK, ...options });
  await transcript.append({ type: "b", id: "b" });
  return transcript;
}

test("each append looks at the file once and at once, then writes", async () => {
  const file = await newFile();
  const { fileSystem, events } = new LookedAt(file);
  await using transcript = await openHeld(file, { fileSystem });
  for (let count = 0; count < 5; count += 1) {
    events.length = 0;
    await transcript.append({ type: "c" });
    expect(events).toEqual(["look", "file.write"]);
  }
  expect(await readChain(file)).toHaveLength(7);
});

test.each([
  ["the option forbids it", (fileSystem: FileSystem) => ({ fileSystem, look: "async" as const })],
  ["the port has no look", (port: FileSystem) => ({ fileSystem: withoutLook(port) })],
])("%s: no look is answered at once", async (_, options) => {
  const file = await newFile();
  const { fileSystem, events } = new LookedAt(file);
  await using transcript = await openHeld(file, options(fileSystem));
  events.length = 0;
  await transcript.append({ type: "c" });
  expect(events).toEqual(["stat", "file.write"]);
  appendFileSync(file, linkedLine("foreign", "b"));
  expect(await transcript.append({ type: "d" })).toMatchObject({ parentId: "foreign" });
});

function withoutLook(port: FileSystem): FileSystem {
  return new Proxy(port, {
    get: (target, name) => (name === "look" ? undefined : Reflect.get(target, name)),
  });
}

describe.each(["at once", "later"])("a look that is answered %s", (answered) => {
  const later: AroundLook = async (_, run) => run();
  const answer: AroundLook = answered === "later" ? later : (_, run) => run();

  async function held(onLook: AroundLook = answer) {
    const file = await newFile();
    const port = new LookedAt(file);
    const transcript = await openHeld(file, { fileSystem: port.fileSystem });
    port.onLook = onLook;
    return { file, port, transcript };
  }

  test("finds what another program appended", async () => {
    const { file, transcript } = await held();
    await using _ = transcript;
    for (const id of ["x", "y", "z"]) {
      appendFileSync(file, linkedLine(id, "b"));
      expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: id });
    }
  });

  test("finds the file replaced, and gone", async () => {
    const { file, transcript } = await held();
    await using _ = transcript;
    writeFileSync(`${file}.new`, HEADER_LINE + linkedLine("n", null));
    renameSync(`${file}.new`, file);
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "n" });
    rmSync(file);
    expect(await transcript.append({ type: "c" })).toMatchObject({ recreated: true });
    expect(await readChain(file)).toHaveLength(1);
  });

  test("may fail: nothing is written, and the next append works", async () => {
    const fail = () => {
      throw systemError("EIO");
    };
    const { file, port, transcript } = await held(answered === "later" ? async () => fail() : fail);
    await using _ = transcript;
    await expect(transcript.append({ type: "c" })).rejects.toMatchObject({
      code: "LEAFLOG_LEAF_UNREADABLE",
      file,
      cause: { code: "EIO" },
    });
    port.onLook = answer;
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "b" });
    expect(await readChain(file)).toHaveLength(3);
  });
});
test("nothing comes between a look that is answered at once and its write", async () => {
  const file = await newFile();
  let passed = "nothing";
  const note = (what: string) => () => {
    passed = what;
  };
  const seen: string[] = [];
  const around = async ({ name, path }: PortCall, run: RunCall) => {
    if (name === "file.write" && path === file) seen.push(passed);
    return run();
  };
  const look = (run: () => FileStat): FileStat => {
    passed = "nothing";
    queueMicrotask(note("a microtask"));
    process.nextTick(note("a tick"));
    setImmediate(note("a turn of the event loop"));
    return run();
  };
  const fileSystem = interceptedFileSystem(around, nodeFileSystem, (call, run) =>
    call.path === file ? look(run) : run(),
  );
  await using transcript = await openHeld(file, { fileSystem });
  seen.length = 0;
  for (let count = 0; count < 5; count += 1) await transcript.append({ type: "c" });
  expect(seen).toEqual(Array(5).fill("nothing"));
});

/** Writes bytes over those at the end of a file, whose size stays. */
async function overwriteEnd(file: string, from: string, to: string): Promise<void> {
  // Behind the tick of the file system's clock in which our own write was.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf(from);
  const fd = openSync(file, "r+");
  writeSync(fd, Buffer.from(to), 0, to.length, at);
  closeSync(fd);
}

test.each([
  "auto",
  "async",
] as const)("what is written over the last line, while the lock is held, is linked to (look: %s)", async (look) => {
  const file = await newFile();
  await using transcript = await openHeld(file, { look });
  expect(await transcript.append({ type: "c", id: "cccc" })).toMatchObject({ parentId: "b" });
  await overwriteEnd(file, '"cccc"', '"dddd"');
  expect(await transcript.append({ type: "e" })).toMatchObject({ parentId: "dddd" });
  await overwriteEnd(file, '"type":"e"', '"type":"f"');
  expect((await readChain(file)).at(-1)).toMatchObject({ type: "f" });
});
