import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { bundlePrograms } from "../support/bundle-programs.js";
import {
  interceptedFileSystem,
  type PortCall,
  type RunCall,
  systemError,
} from "../support/intercepted-file-system.js";
import { HEADER_LINE, linkedLine, readChain } from "../support/lines.js";
import { run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const OLD = HEADER_LINE + linkedLine("a", null);
const FOREIGN = linkedLine("foreign", "a");

type Write = (bytes: Buffer, run: RunCall) => Promise<unknown>;

/** A transcript whose next writes go as said, one after the other; then they go as ever. */
async function writing(...writes: readonly Write[]) {
  const file = join(await tempDirectory(), "a.jsonl");
  writeFileSync(file, OLD);
  const left = [...writes];
  const around = async ({ name, path, args }: PortCall, run: RunCall) => {
    const write = name === "file.write" && path === file ? left.shift() : undefined;
    return write ? write(args[0] as Buffer, run) : run();
  };
  const transcript = await openTranscript(file, { fileSystem: interceptedFileSystem(around) });
  return { file, transcript, left };
}

const part =
  (bytes: number): Write =>
  (buffer, run) =>
    run([buffer.subarray(0, bytes)]);
const failing =
  (code: string): Write =>
  async () => {
    throw systemError(code);
  };
const whole: Write = (_, run) => run();

describe.each(["ENOSPC", "EFBIG", "EDQUOT"])("%s", (code) => {
  test.each([0, 1, 40])("behind a write of %d bytes is the cause, by its code", async (bytes) => {
    const { file, transcript } = await writing(part(bytes), failing(code));
    await using _ = transcript;
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cutBack: true,
      cause: { code },
    });
    expect(readFileSync(file, "utf8")).toBe(OLD);
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "a" });
    expect(await readChain(file)).toHaveLength(2);
  });
});

test.each([0, 1, 40, 60])("the rest behind %d bytes goes through: it is written", async (bytes) => {
  const { file, transcript, left } = await writing(part(bytes), whole);
  await using _ = transcript;
  const appends = ["b", "c", "d"].map((id) => transcript.append({ type: "x", id }));
  const results = await Promise.all(appends);
  expect(left).toEqual([]);
  const text = readFileSync(file, "utf8");
  for (const { id, offset, length } of results) {
    expect(JSON.parse(text.slice(offset, offset + length))).toMatchObject({ id });
  }
  expect(await transcript.append({ type: "x", id: "e" })).toMatchObject({ parentId: "d" });
  expect((await readChain(file)).map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
});

test("a new transcript whose first write is short is whole", async () => {
  const { file, transcript } = await writing(part(30), whole);
  rmSync(file);
  await transcript.append({ type: "b", id: "b" });
  await transcript.close();
  expect(await readChain(file)).toHaveLength(1);
});

test("a rest that is not taken as a whole either is a failure", async () => {
  const { file, transcript } = await writing(part(30), part(10));
  await using _ = transcript;
  await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    cutBack: true,
    cause: { message: expect.stringContaining("short write: 40 of") },
  });
  expect(readFileSync(file, "utf8")).toBe(OLD);
});

describe("another program writes behind the part that was taken", () => {
  test("before the rest is tried: it is not", async () => {
    const foreign: Write = async (bytes, run) => {
      const written = await part(30)(bytes, run);
      appendFileSync(fileOf(), `\n${FOREIGN}`);
      return written;
    };
    const { file, transcript, left } = await writing(foreign, failing("nobody asks"));
    const fileOf = () => file;
    await using _ = transcript;
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cutBack: false,
    });
    expect(left).toHaveLength(1);
    expect(readFileSync(file, "utf8").endsWith(FOREIGN)).toBe(true);
    left.pop();
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "foreign" });
  });

  test("just before the rest: that is taken back, the foreign bytes are not", async () => {
    let whereTo = "";
    const between: Write = (_, run) => {
      appendFileSync(whereTo, FOREIGN);
      return run();
    };
    const { file, transcript } = await writing(part(30), between);
    whereTo = file;
    await using _ = transcript;
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cutBack: false,
      cause: { message: expect.stringContaining("another program") },
    });
    const text = readFileSync(file, "utf8");
    expect(text.startsWith(OLD)).toBe(true);
    expect(text.slice(OLD.length + 30)).toBe(FOREIGN);
    // The line into whose midst it wrote is malformed, and closed.
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "foreign" });
  });

  test("just before the rest and behind it: all stays, and the append is rejected", async () => {
    let whereTo = "";
    const between: Write = async (_, run) => {
      appendFileSync(whereTo, FOREIGN);
      const written = await run();
      appendFileSync(whereTo, linkedLine("last", "foreign"));
      return written;
    };
    const { file, transcript } = await writing(part(30), between);
    whereTo = file;
    await using _ = transcript;
    await expect(transcript.append({ type: "b" })).rejects.toMatchObject({ cutBack: false });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "last" });
  });

  test("behind the rest: the append is whole, and the next one links to the foreign entry", async () => {
    let whereTo = "";
    const behind: Write = async (_, run) => {
      const written = await run();
      appendFileSync(whereTo, linkedLine("foreign", "b"));
      return written;
    };
    const { file, transcript } = await writing(part(30), behind);
    whereTo = file;
    await using _ = transcript;
    await transcript.append({ type: "b", id: "b" });
    expect(await transcript.append({ type: "c" })).toMatchObject({ parentId: "foreign" });
    expect(await readChain(file)).toHaveLength(4);
  });
});

test("who lost the lock meanwhile does not write the rest", async () => {
  let lock = "";
  const losing: Write = async (bytes, run) => {
    const written = await part(30)(bytes, run);
    rmSync(lock, { recursive: true });
    // Longer than a look at the lock counts.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return written;
  };
  const { file, transcript, left } = await writing(losing, whole);
  lock = `${file}.lock`;
  await using _ = transcript;
  await expect(transcript.append({ type: "b" })).rejects.toMatchObject({
    code: "LEAFLOG_WRITE_FAILED",
    cutBack: false,
  });
  expect(left).toHaveLength(1);
  expect(statSync(file).size).toBe(OLD.length + 30);
});

test.skipIf(process.platform === "win32")("a file that reaches the limit of its size", async () => {
  const directory = await tempDirectory();
  const program = fileURLToPath(new URL("children/fill-up.ts", import.meta.url));
  const [bundle = ""] = await bundlePrograms(directory, [program]);
  const file = join(directory, "a.jsonl");
  const command = 'ulimit -f 12; exec "$0" "$@"';
  const { stdout, stderr } = await run("sh", ["-c", command, process.execPath, bundle, file]);
  expect({ stderr, result: JSON.parse(stdout) }).toEqual({
    stderr: "",
    result: { code: "LEAFLOG_WRITE_FAILED", cutBack: true, why: "EFBIG", grew: 0 },
  });
  await readChain(file);
});
