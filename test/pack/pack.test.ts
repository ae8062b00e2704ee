import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  installOldestNode,
  linkDevelopmentPackages,
  makeProject,
  packTarball,
  readPackage,
  succeed,
} from "../support/pack/packed-project.js";
import { run } from "../support/run.js";

const TIMEOUT_MS = 180_000;

const NO_NODE = "the registry has no such Node for this machine";

/** Without `await using`, which the oldest Node does not know. */
const ROUND_TRIP = `
import { LeaflogError, migrateTranscript, onTranscriptUpdate, openTranscript } from "leaflog";
import { createTranscriptSdk, directoryHost } from "leaflog/sdk";
import { memoryHost } from "leaflog/sdk/testing";

const identity = { agentId: "a", sessionId: "s" };
const plugin = async (host) => {
  const { append, readDelta, close } = createTranscriptSdk(host);
  await append(identity, { type: "custom" });
  const { state, entries } = await readDelta(identity);
  await close();
  return [state, entries.length];
};
const root = process.argv[2] + ".sdk";
const sdk = [await plugin(directoryHost({ root, rights: ["read", "append"] })), await plugin(memoryHost())];

const transcript = await openTranscript(process.argv[2]);
const updated = new Promise((resolve) => onTranscriptUpdate(resolve));
const first = await transcript.appendMessage({ role: "user", content: "hello" });
const rest = await transcript.appendBatch([{ type: "custom", n: 1 }, { type: "custom", n: 2 }]);
await updated;
const refused = await transcript.append({ type: "session" }).catch((error) => error);
const read = [];
for await (const { entry } of transcript.entries()) read.push(entry.id);
const leaf = await transcript.leaf();
await transcript.close();
const { changed } = await migrateTranscript(process.argv[2]);
console.log(JSON.stringify({
  node: process.version,
  appended: [first, ...rest].map(({ id }) => id),
  read,
  leaf: leaf.id,
  refused: refused instanceof LeaflogError && refused.code,
  changed,
  sdk,
}));
`;

const TYPED = `
import {
  type AppendResult,
  type EntryRecord,
  LeaflogError,
  type LeaflogErrorCode,
  openTranscript,
  type Transcript,
  type TranscriptOptions,
} from "leaflog";
import { type MirrorResult, mirrorMessages } from "leaflog/mirror";
import { createTranscriptSdk, type TranscriptHost, type TranscriptSdk } from "leaflog/sdk";
import { memoryHost } from "leaflog/sdk/testing";

const host: TranscriptHost = memoryHost({ rights: ["read"] });
export const sdk: TranscriptSdk = createTranscriptSdk(host);
// @ts-expect-error an identity has a session
void sdk.readDelta({ agentId: "a" });
// @ts-expect-error there is no such right
memoryHost({ rights: ["write"] });

const options: TranscriptOptions = { durability: "synced", lock: { timeoutMs: 1000 } };

export async function use(file: string): Promise<EntryRecord[]> {
  await using transcript: Transcript = await openTranscript(file, options);
  const result: AppendResult = await transcript.append({ type: "custom", anything: [1] });
  const parentId: string | null | undefined = result.parentId;
  for await (const { entry, offset } of transcript.entries()) {
    const type: string | undefined = entry?.type;
    console.log(parentId, type, offset.toFixed());
  }
  const mirrored: MirrorResult = await mirrorMessages(transcript, {
    messages: [{ role: "user", content: "hello" }],
    scope: "s",
  });
  console.log(mirrored.appended.toFixed());
  // @ts-expect-error an entry has a type
  await transcript.append({ message: "none" });
  // @ts-expect-error there is no such durability
  await openTranscript(file, { durability: "always" });
  return transcript.tail(2);
}

export function codeOf(error: unknown): LeaflogErrorCode | undefined {
  return error instanceof LeaflogError ? error.code : undefined;
}
`;

/** Compiled without a word of Node's types or of what JavaScript has by now. */
const FLAGLESS = `
import { openTranscript, snapshotTranscript } from "leaflog";
import { mirrorMessages } from "leaflog/mirror";
import { createTranscriptSdk, directoryHost } from "leaflog/sdk";
import { memoryHost } from "leaflog/sdk/testing";

export const transcript = await openTranscript("x.jsonl");
for await (const { entry } of transcript.entries()) {
  const role: string | undefined = entry?.message?.role;
  const content = entry?.message?.content;
  const text = typeof content === "string" ? content : content?.map((part) => part["text"]).join();
  console.log(role, text);
}
export const using: AsyncDisposable = transcript;
export { createTranscriptSdk, directoryHost, memoryHost, mirrorMessages, snapshotTranscript };
`;

describe("the packed package", () => {
  let directory: string;
  let project: string;
  let installed: string;
  let oldestNode: string | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(await realpath(tmpdir()), "leaflog-pack-"));
    project = await makeProject(directory, await packTarball(directory));
    installed = join(project, "node_modules", "leaflog");
    // Before anything is linked into the project, which npm would take out again.
    oldestNode = await installOldestNode(project);
    await linkDevelopmentPackages(project, ["typescript", "@types/node", "undici-types"]);
  }, TIMEOUT_MS);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test("holds the built package and nothing else", async () => {
    expect((await readdir(installed)).sort()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
    const files = await readdir(join(installed, "dist"), { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !/\.(?:js|js\.map|d\.ts)$/.test(name))).toEqual([]);
    expect(names.filter((name) => /\.(?:test|spec)\./.test(name))).toEqual([]);
    // Modules that are bundled are not there once more, each in a file of its own.
    const programs = await readdir(join(installed, "dist"), { recursive: true });
    const bundled = programs.filter((name) =>
      /^(?:append|read|scan|file|lock|keys|repair|migration)\/.*\.js$/.test(name),
    );
    expect(bundled).toEqual([]);
  });

  test("shows where an error arose in the source that it was bundled from", async () => {
    const program = `import { openTranscript } from "leaflog";
      await openTranscript(7).catch((error) => console.log(error.stack));`;
    const flags = ["--enable-source-maps", "--input-type=module", "-e", program];
    const { stdout } = await succeed(process.execPath, flags, project);
    expect(stdout).toMatch(/at \w+ \(.*src\/base\/arguments\.ts:\d+:\d+\)/);
  });

  test("loads what is rare when it is asked for", async () => {
    const text = await readFile(join(installed, "dist", "index.js"), "utf8");
    const loaded = new Set<string>();
    const follow = async (from: string, source: string) => {
      for (const [, path = ""] of source.matchAll(/^(?:\} from|import) "(\.[^"]+)"/gm)) {
        const file = join(from, "..", path);
        if (loaded.has(file)) continue;
        loaded.add(file);
        await follow(file, await readFile(file, "utf8"));
      }
    };
    await follow(join(installed, "dist", "index.js"), text);
    const eager = await Promise.all([...loaded].map((file) => readFile(file, "utf8")));
    const modules = eager.join("").matchAll(/^\/\/ (src\/.+)\.ts$/gm);
    const names = [...modules].map(([, name]) => name as string);
    expect(names).toContain("src/transcript/transcript");
    for (const rare of [
      "append/repair/repair",
      "append/migration/migration-attempt",
      "read/verify",
    ]) {
      expect(names).not.toContain(`src/${rare}`);
    }
  });

  test("has every file that its package.json names", async () => {
    const { bin, exports } = await readPackage(installed);
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const named = [...targets, ...Object.values(bin)];
    expect(named).toContain("./dist/index.js");
    for (const target of named) await access(join(installed, target));
    for (const target of Object.values(bin)) await access(join(installed, target), constants.X_OK);
  });

  test("works on this Node", async () => {
    await expectRoundTrip(process.execPath, process.version);
  });

  test("works on the oldest Node that it promises", async ({ skip }) => {
    if (oldestNode === undefined) return skip(NO_NODE);
    await expectRoundTrip(oldestNode, "v20.19.0");
  });

  test("has types that a strict compiler accepts", { timeout: TIMEOUT_MS }, async () => {
    await writeFile(join(project, "typed.ts"), TYPED);
    const tsc = join(project, "node_modules", "typescript", "bin", "tsc");
    const flags = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
    const target = ["--module", "nodenext", "--target", "es2022", "--types", "node"];
    await succeed(process.execPath, [tsc, "--noEmit", ...flags, ...target, "typed.ts"], project);
  });

  test("has types for who has Node's, and knows of no flag", { timeout: TIMEOUT_MS }, async () => {
    const directory = join(project, "flagless");
    await mkdir(directory);
    await writeFile(join(directory, "plain.mts"), FLAGLESS);
    const tsc = join(project, "node_modules", "typescript", "bin", "tsc");
    for (const target of ["es2022", "esnext"]) {
      const compilerOptions = { strict: true, module: "nodenext", target, types: [], noEmit: true };
      await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions }));
      await succeed(process.execPath, [tsc, "-p", directory], project);
    }
  });

  test("puts its command where npm's scripts find it", async () => {
    const help = await run(join(project, "node_modules", ".bin", "leaflog"), ["help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("usage: leaflog COMMAND");
  });

  test.for(["this Node", "the oldest Node"])("has a command line that works on %s", async (which, {
    skip,
  }) => {
    const node = which === "this Node" ? process.execPath : oldestNode;
    if (node === undefined) return skip(NO_NODE);
    const bin = join(project, "node_modules", ".bin", "leaflog");
    const file = join(project, `${which}.jsonl`);
    const env = { TMPDIR: directory };
    const leaflog = (args: string[], input = "") => run(node, [bin, ...args], { env, input });
    const appended = await leaflog(["append", file], '{"type":"custom","id":"an-id"}\n');
    expect(appended).toMatchObject({ code: 0, stdout: "an-id\n", stderr: "" });
    expect(await leaflog(["leaf", file])).toMatchObject({ code: 0, stdout: "an-id\n" });
    expect((await leaflog(["tail", file])).stdout).toContain("custom");
    const page = join(directory, `${which}.html`);
    const drawn = await leaflog(["tree", file, "--html", page]);
    expect(drawn).toMatchObject({ code: 0, stdout: `${page}\n`, stderr: "" });
    const demo = await leaflog(["demo", file, "--json"]);
    expect(demo).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(demo.stdout)).toMatchObject({ entriesAfter: 2501, oneChain: true });
  });

  async function expectRoundTrip(node: string, version: string): Promise<void> {
    await writeFile(join(project, "round-trip.js"), ROUND_TRIP);
    const file = join(project, `${version}.jsonl`);
    const { stdout, stderr } = await succeed(node, ["round-trip.js", file], project);
    expect(stderr).toBe("");
    const told = JSON.parse(stdout) as { appended: string[] };
    expect(told.appended).toHaveLength(3);
    expect(told).toEqual({
      node: version,
      appended: told.appended,
      read: told.appended,
      leaf: told.appended.at(-1),
      refused: "LEAFLOG_INVALID_ARGUMENT",
      changed: false,
      sdk: [
        ["page", 1],
        ["page", 1],
      ],
    });
  }
});
