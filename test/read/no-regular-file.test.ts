import { execFileSync } from "node:child_process";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTranscript, readTail, repairTranscript } from "../../src/index.js";
import { soon } from "../support/fault-deadline.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { PATH_CALLS } from "../support/path-calls.js";
import { CLI, run, runCli } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

const CALLS: Record<string, (file: string) => Promise<unknown>> = {
  ...PATH_CALLS,
  "repairTranscript, in earnest": (file) => repairTranscript(file),
  append: async (file) => {
    await using transcript = await openTranscript(file);
    return transcript.append({ type: "custom" });
  },
};

describe.skipIf(process.platform === "win32")("what is no regular file", () => {
  /** A directory with one of each kind, and how each is named. */
  async function kinds(): Promise<Record<string, string>> {
    const directory = await tempDirectory();
    const at = (name: string) => join(directory, name);
    execFileSync("mkfifo", [at("fifo.jsonl")]);
    await symlink(at("fifo.jsonl"), at("link.jsonl"));
    await mkdir(at("directory.jsonl"));
    const server = createServer().listen(at("socket.jsonl"));
    server.unref();
    await expect.poll(async () => (await readdir(directory)).length).toBe(4);
    return {
      fifo: at("fifo.jsonl"),
      "symlink to one": at("link.jsonl"),
      socket: at("socket.jsonl"),
      directory: at("directory.jsonl"),
      device: "/dev/zero",
    };
  }

  test.each(Object.entries(CALLS))("%s says so at once", async (name, call) => {
    for (const [kind, file] of Object.entries(await kinds())) {
      // Only root could make a lock beside it.
      if (kind === "device" && name === "append") continue;
      const ended = call(file).then(
        () => "resolved",
        (error: unknown) => error,
      );
      const error = await soon(ended, `${name} of a ${kind}`, 20_000);
      expect(error, kind).toMatchObject({
        code: expect.stringMatching(/^LEAFLOG_(READ_FAILED|LEAF_UNREADABLE|WRITE_FAILED)$/),
        cause: { code: kind === "directory" ? "EISDIR" : "EINVAL" },
      });
    }
  });

  test("no number of them keeps a thread from others", async () => {
    const { fifo = "" } = await kinds();
    const regular = join(await tempDirectory(), "a.jsonl");
    await writeFile(regular, HEADER_LINE + linkedLine("a", null));
    await Promise.allSettled(Array.from({ length: 40 }, () => readTail(fifo, 1)));
    expect(await soon(readTail(regular, 1), "a reader", 20_000)).toHaveLength(1);
  });

  test.each([
    ["verify"],
    ["repair"],
    ["repair", "--write"],
    ["migrate"],
    ["leaf"],
    ["tail"],
    ["stats"],
    ["tree"],
    ["demo"],
  ])("leaflog %s %s ends and says so", async (...args) => {
    const { fifo = "" } = await kinds();
    const { code, stdout, stderr } = await runCli([...args, fifo]);
    expect(code).toBe(74);
    expect(stdout).toBe("");
    expect(stderr).toContain("no regular file");
  });

  test("nor does leaflog take a pipe on stdin for a file", async () => {
    const script = `cat "$1" | "$2" --import tsx "$3" verify /dev/stdin`;
    const file = join(await tempDirectory(), "a.jsonl");
    await writeFile(file, HEADER_LINE);
    const args = ["-c", script, "sh", file, process.execPath, CLI];
    const { code, stderr } = await run("sh", args);
    expect(code).toBe(74);
    expect(stderr).toContain("no regular file");
  });
});
