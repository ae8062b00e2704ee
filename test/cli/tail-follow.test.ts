import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { CLI, ROOT, run } from "../support/run.js";
import { tempDirectory } from "../support/temp-directory.js";

interface Following {
  readonly file: string;
  /** Id of the next entry that is printed. */
  next(): Promise<string>;
  readonly child: ReturnType<typeof spawn>;
  readonly notes: Promise<string>;
}

async function follow(...args: string[]): Promise<Following> {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  const options = { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] };
  const child = spawn(
    process.execPath,
    ["--import", "tsx", CLI, "tail", "-f", file, ...args],
    options,
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const notes = (async () => {
    const said: Buffer[] = [];
    for await (const chunk of child.stderr) said.push(chunk as Buffer);
    return Buffer.concat(said).toString("utf8");
  })();
  const next = async () => String((await lines.next()).value).split(" ", 1)[0] as string;
  return { file, next, child, notes };
}

/** Waits until the child has said so on stderr. */
async function said(child: Following["child"], what: string): Promise<void> {
  await new Promise<void>((resolve) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes(what)) resolve();
    });
  });
}

test("prints the last entries, then what is appended, whole batches and after a replacement too", async () => {
  const { file, next, child, notes } = await follow("-n", "1");
  expect(await next()).toBe("b");
  await appendFile(file, linkedLine("c", "b").slice(0, 20));
  await appendFile(file, linkedLine("c", "b").slice(20));
  expect(await next()).toBe("c");
  const batch = [0, 1].map((index) =>
    linkedLine(`batch-${index}`, index === 0 ? "c" : "batch-0", { batch: { index, size: 2 } }),
  );
  await appendFile(file, batch[0]!);
  await appendFile(file, batch[1]!);
  expect(await next()).toBe("batch-0");
  expect(await next()).toBe("batch-1");
  await writeFile(`${file}.new`, HEADER_LINE + linkedLine("new", null));
  await rename(`${file}.new`, file);
  expect(await next()).toBe("new");
  const ended = once(child, "exit");
  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  expect(await notes).toBe("leaflog: the transcript was replaced; it comes from its start\n");
});

test("says at once that a line is no JSON", async () => {
  const { file, next, child, notes } = await follow("-n", "1");
  expect(await next()).toBe("b");
  await appendFile(file, `{broken\n${linkedLine("c", "b")}`);
  expect(await next()).toBe("c");
  child.kill("SIGINT");
  const offset = Buffer.byteLength(HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  expect(await notes).toBe(`leaflog: the line of 7 bytes at ${offset} is no JSON: not shown\n`);
});

test("prints what comes alone with -n 0, and ends when nobody reads any more", async () => {
  const { file, next, child, notes } = await follow("-n", "0");
  // Its first look is where it begins, so something has to come until it has come.
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    void appendFile(file, linkedLine(`c-${count}`, "b"));
  }, 50);
  onTestFinished(() => clearInterval(timer));
  expect(await next()).toMatch(/^c-\d+$/);
  const ended = once(child, "exit");
  child.stdout?.destroy();
  expect(await ended).toEqual([0, null]);
  expect(await notes).toBe("");
});

test("tells that the file is gone, and what comes when it is there again", async () => {
  const { file, next, child, notes } = await follow("-n", "1");
  expect(await next()).toBe("b");
  // Its first look has found the file by then.
  await appendFile(file, linkedLine("c", "b"));
  expect(await next()).toBe("c");
  const told = said(child, "gone");
  await rm(file);
  await told;
  await writeFile(file, HEADER_LINE + linkedLine("new", null));
  expect(await next()).toBe("new");
  child.kill("SIGINT");
  expect(await notes).toBe(
    "leaflog: the transcript is gone; waiting for it\nleaflog: the transcript was replaced; it comes from its start\n",
  );
});

// Elsewhere the system does not tell who reads a pipe.
test.runIf(process.platform === "linux").for([
  ["head -n 1", "b"],
  ["(read line; sleep 1)", ""],
])("ends on an idle file when whoever reads a pipe has gone: %s", async ([reader, printed]) => {
  const file = join(await tempDirectory(), "transcript.jsonl");
  await writeFile(file, HEADER_LINE + linkedLine("a", null) + linkedLine("b", "a"));
  const script = `set -o pipefail; "$0" --import tsx "$1" tail -f -n 1 "$2" | ${reader}`;
  const { code, stdout, stderr } = await run("bash", ["-c", script, process.execPath, CLI, file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split(" ", 1)[0]).toBe(printed);
});
