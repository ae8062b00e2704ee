import { link, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TranscriptIdentity, TranscriptSdk } from "../../src/sdk/index.js";
import { LeaflogError } from "../../src/sdk/index.js";
import { HEADER_LINE, linkedLine } from "../support/lines.js";
import { run } from "../support/run.js";
import { leaks } from "../support/sdk/leaks.js";
import { ALICE, message, type PluginWorld, pluginWorld } from "../support/sdk/plugin-world.js";

const SECRET = "a-secret-outside";

/** Every function that takes an identity, called as a plugin would. */
const FUNCTIONS: Record<string, (sdk: TranscriptSdk, identity: TranscriptIdentity) => unknown> = {
  append: (sdk, identity) => sdk.append(identity, { type: "a" }),
  appendBatch: (sdk, identity) => sdk.appendBatch(identity, [{ type: "a" }, { type: "b" }]),
  withWriteLock: (sdk, identity) => sdk.withWriteLock(identity, (tx) => tx.append({ type: "a" })),
  readEntries: (sdk, identity) => sdk.readEntries(identity).next(),
  readDelta: (sdk, identity) => sdk.readDelta(identity),
  latestAssistantText: (sdk, identity) => sdk.latestAssistantText(identity),
};

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    return { resolved: await call() };
  } catch (error) {
    return error;
  }
}

/** Names that lead out, or elsewhere, or to what is no transcript, on some system. */
const NAMES: [string, string][] = [
  ["the directory above", ".."],
  ["the directory itself", "."],
  ["traversal", "../outside/secret"],
  ["traversal by way of a name", "a/../../outside/secret"],
  ["deep traversal", "../../../../../../../../etc/passwd"],
  ["traversal with backslashes", "..\\outside\\secret"],
  ["an absolute path", "/etc/passwd"],
  ["two slashes", "//etc/passwd"],
  ["a drive", "C:\\Windows\\win.ini"],
  ["a drive's current directory", "C:secret"],
  ["a UNC path", "\\\\server\\share\\secret"],
  ["a device path", "\\\\?\\C:\\secret"],
  ["a file URL", "file:///etc/passwd"],
  ["a separator", "a/b"],
  ["a separator at the end", "a/"],
  ["a home directory", "~root"],
  ["a short name of Windows", "SECRET~1"],
  ["a data stream of NTFS", "s1:stream"],
  ["NUL", "s1\0"],
  ["NUL before an extension", "../outside/secret\0.jsonl"],
  ["an escaped separator", "..%2foutside%2fsecret"],
  ["a newline", "s1\n"],
  ["a control character", "s1\u001b[2J"],
  ["DEL", "s1\u007f"],
  ["a fullwidth slash", "..\uff0foutside\uff0fsecret"],
  ["a fullwidth dot", "\uff0e\uff0e"],
  ["a division slash", "..\u2215outside"],
  ["a fraction slash", "..\u2044outside"],
  ["two dots in one character", "\u2025"],
  ["a decomposed letter", "u\u0308ber"],
  ["a ligature", "\ufb01le"],
  ["a zero-width character", "al\u200bice"],
  ["a variation selector", "alice\ufe0f"],
  ["an override of direction", "\u202elnosj.1s"],
  ["half a surrogate pair", "s1\ud800"],
  ["a trailing dot", "s1."],
  ["a trailing space", "s1 "],
  ["a leading space", " s1"],
  ["a hidden file", ".ssh"],
  ["a device", "CON"],
  ["a device with an extension", "nul.txt"],
  ["a numbered device", "Lpt1"],
  ["a device with a raised number", "COM\u00b9"],
  ["a transcript's lock", "s1.jsonl.lock"],
  ["a lock's guard", "s1.lock.steal"],
  ["a backup", "s1.jsonl.before-migration-2026"],
  ["another case of an extension", "s1.JSONL"],
  ["wildcards", "*"],
  ["a pipe", "a|b"],
  ["quotes", 'a"b'],
  ["a name that is too long", "x".repeat(256)],
  ["a long name of few characters", "\u{1d400}".repeat(100)],
];

describe("no name leads out of the root", () => {
  test.each(NAMES)("%s", async (_, name) => {
    const { sdk, host, root, outside, names } = await pluginWorld();
    await writeFile(join(outside, "secret.jsonl"), HEADER_LINE + linkedLine(SECRET, null));
    const before = await names();
    for (const identity of [
      { agentId: name, sessionId: "s1" },
      { agentId: "alice", sessionId: name },
    ]) {
      for (const [which, call] of Object.entries(FUNCTIONS)) {
        const error = await errorOf(() => call(sdk, identity));
        expect(error, which).toBeInstanceOf(LeaflogError);
        expect(error, which).toMatchObject({
          code: "LEAFLOG_REFUSED",
          reason: "unsafe-name",
          identity,
        });
        expect(leaks(error, [root, outside, SECRET])).toEqual([]);
      }
    }
    expect(await names()).toEqual(before);
    await host.close();
  });
});

/** What somebody else may have put in the place of a transcript; each returns the reason. */
const PLACES: [string, string, (world: PluginWorld) => Promise<unknown>][] = [
  [
    "a symlink to a file outside",
    "outside-root",
    async ({ root, outside }) => {
      await mkdir(join(root, "alice"));
      await symlink(join(outside, "secret.jsonl"), join(root, "alice", "s1.jsonl"));
    },
  ],
  [
    "a relative symlink to a file outside",
    "outside-root",
    async ({ root }) => {
      await mkdir(join(root, "alice"));
      await symlink("../../outside/secret.jsonl", join(root, "alice", "s1.jsonl"));
    },
  ],
  [
    "a symlink to a directory outside",
    "outside-root",
    async ({ root, outside }) => {
      await writeFile(join(outside, "s1.jsonl"), HEADER_LINE + linkedLine(SECRET, null));
      await symlink(outside, join(root, "alice"), "dir");
    },
  ],
  [
    "a dangling symlink, where an append would make a file",
    "outside-root",
    async ({ root, outside }) => {
      await mkdir(join(root, "alice"));
      await symlink(join(outside, "new.jsonl"), join(root, "alice", "s1.jsonl"));
    },
  ],
  [
    "a dangling symlink to a directory",
    "outside-root",
    ({ root, outside }) => symlink(join(outside, "new"), join(root, "alice"), "dir"),
  ],
  [
    "a symlink by way of a symlink",
    "outside-root",
    async ({ root, outside }) => {
      await symlink(outside, join(root, "hop"), "dir");
      await symlink("hop", join(root, "alice"), "dir");
    },
  ],
  [
    "symlinks in a circle",
    "outside-root",
    async ({ root }) => {
      await symlink("turn", join(root, "alice"), "dir");
      await symlink("alice", join(root, "turn"), "dir");
    },
  ],
  [
    "a symlink to the root's parent",
    "outside-root",
    ({ root }) => symlink("..", join(root, "alice"), "dir"),
  ],
  [
    "a symlink to another agent's directory",
    "alias",
    async ({ root }) => {
      await mkdir(join(root, "bob"));
      await symlink("bob", join(root, "alice"), "dir");
    },
  ],
  [
    "a symlink to another agent's transcript",
    "alias",
    async ({ root }) => {
      await Promise.all([mkdir(join(root, "alice")), mkdir(join(root, "bob"))]);
      await writeFile(join(root, "bob", "s1.jsonl"), HEADER_LINE + linkedLine(SECRET, null));
      await symlink("../bob/s1.jsonl", join(root, "alice", "s1.jsonl"));
    },
  ],
  [
    "a directory",
    "not-a-file",
    ({ root }) => mkdir(join(root, "alice", "s1.jsonl"), { recursive: true }),
  ],
  ["a file for a directory", "not-a-file", ({ root }) => writeFile(join(root, "alice"), SECRET)],
  [
    "a pipe, whose opening would never end",
    "not-a-file",
    async ({ root }) => {
      await mkdir(join(root, "alice"));
      expect(await run("mkfifo", [join(root, "alice", "s1.jsonl")])).toMatchObject({ code: 0 });
    },
  ],
];

describe.skipIf(process.platform === "win32")("nothing in the place leads out of the root", () => {
  test.each(PLACES)("%s", async (_, reason, place) => {
    const world = await pluginWorld();
    const { sdk, root, outside, names } = world;
    await writeFile(join(outside, "secret.jsonl"), HEADER_LINE + linkedLine(SECRET, null));
    await place(world);
    const before = await names();
    for (const [which, call] of Object.entries(FUNCTIONS)) {
      const error = await errorOf(() => call(sdk, ALICE));
      expect(error, which).toMatchObject({ code: "LEAFLOG_REFUSED", reason, identity: ALICE });
      expect(leaks(error, [root, outside, SECRET])).toEqual([]);
    }
    expect(await names()).toEqual(before);
    expect(await readFile(join(outside, "secret.jsonl"), "utf8")).toBe(
      HEADER_LINE + linkedLine(SECRET, null),
    );
    await world.host.close();
  });

  test("a symlink that comes later, also in the place of a transcript that is open", async () => {
    const { sdk, host, root, outside, fileOf } = await pluginWorld();
    await sdk.append(ALICE, message("user", "hello"));
    const reading = sdk.readEntries(ALICE);
    const { rename } = await import("node:fs/promises");
    await rename(join(root, "alice"), join(outside, "moved"));
    await symlink(join(outside, "moved"), join(root, "alice"), "dir");
    const before = await readFile(fileOf(ALICE), "utf8");
    for (const [which, call] of Object.entries(FUNCTIONS)) {
      const error = await errorOf(() => call(sdk, ALICE));
      expect(error, which).toMatchObject({ code: "LEAFLOG_REFUSED", reason: "outside-root" });
    }
    expect(await errorOf(() => reading.next())).toMatchObject({ code: "LEAFLOG_REFUSED" });
    expect(await readFile(fileOf(ALICE), "utf8")).toBe(before);
    await host.close();
  });

  test("a hard link is a name of the file itself: what makes it needs the right to write there", async () => {
    const { sdk, host, root } = await pluginWorld();
    await sdk.append(ALICE, { type: "a" });
    await mkdir(join(root, "bob"));
    await link(join(root, "alice", "s1.jsonl"), join(root, "bob", "s1.jsonl"));
    const delta = await sdk.readDelta({ agentId: "bob", sessionId: "s1" });
    expect(delta).toMatchObject({ state: "page", entries: [{ entry: { type: "a" } }] });
    await host.close();
  });
});

const throwing = {
  get agentId(): string {
    throw new Error("no");
  },
  sessionId: "s1",
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const changing = (() => {
  let asked = 0;
  return {
    get agentId() {
      asked += 1;
      return asked === 1 ? 5 : "alice";
    },
    sessionId: "s1",
  };
})();

/** What is no identity; each member is to be refused with a code. */
const MALFORMED: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a path", "alice/s1"],
  ["a number", 5],
  ["a symbol", Symbol("alice")],
  ["an array", ["alice", "s1"]],
  ["a function", () => ALICE],
  ["an empty object", {}],
  ["no sessionId", { agentId: "alice" }],
  ["no agentId", { sessionId: "s1" }],
  ["an empty name", { agentId: "", sessionId: "s1" }],
  ["a name that is a number", { agentId: 1, sessionId: "s1" }],
  ["a name that is null", { agentId: "alice", sessionId: null }],
  ["a name that turns into a text", { agentId: "alice", sessionId: { toString: () => "s1" } }],
  ["a String object", { agentId: new String("alice"), sessionId: "s1" }],
  ["an array for a name", { agentId: ["alice"], sessionId: "s1" }],
  ["a name that throws", throwing],
  ["a name that changes", changing],
  ["a revoked proxy", revoked.proxy],
  ["names of the prototype", Object.create(ALICE)],
  ["a member that is no plain name", { ...ALICE, "../file": "x" }],
  [
    "a member that means the prototype",
    JSON.parse('{"agentId":"a","sessionId":"b","__proto__":"c"}'),
  ],
  ["a hundred members", Object.fromEntries([...Array(100).keys()].map((i) => [`m${i}`, "x"]))],
  ["a megabyte", { agentId: "x".repeat(1e6), sessionId: "s1" }],
];

describe("malformed identities are refused with a code", () => {
  test.each(MALFORMED)("%s", async (_, identity) => {
    const { sdk, host, root, names } = await pluginWorld();
    const before = await names();
    for (const [which, call] of Object.entries(FUNCTIONS)) {
      if (identity === changing && which !== "append") continue;
      const error = await errorOf(() => call(sdk, identity as TranscriptIdentity));
      expect(error, which).toBeInstanceOf(LeaflogError);
      expect(error, which).toMatchObject({ code: "LEAFLOG_INVALID_ARGUMENT" });
      expect((error as Error).message.length).toBeLessThan(500);
      expect(leaks(error, [root])).toEqual([]);
    }
    expect(await names()).toEqual(before);
    await host.close();
  });
});

const cycle: Record<string, unknown> = { type: "a" };
cycle.self = cycle;

/** Other input that a plugin may get wrong, or try. */
const INPUT: [string, string, (sdk: TranscriptSdk) => unknown][] = [
  ["no entry", "NOT_SERIALIZABLE", (sdk) => sdk.append(ALICE, undefined as never)],
  ["a text for an entry", "NOT_SERIALIZABLE", (sdk) => sdk.append(ALICE, "hello" as never)],
  ["a cycle", "NOT_SERIALIZABLE", (sdk) => sdk.append(ALICE, cycle as never)],
  ["no type", "INVALID_ARGUMENT", (sdk) => sdk.append(ALICE, {} as never)],
  ["a second header", "INVALID_ARGUMENT", (sdk) => sdk.append(ALICE, { type: "session" })],
  [
    "a parent of its own choice",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a", parentId: null }),
  ],
  [
    "an option that is none of a plugin's",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a" }, { fileSystem: {} } as never),
  ],
  [
    "a file for an option",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a" }, { file: "/etc/passwd" } as never),
  ],
  [
    "options that are none",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a" }, 5 as never),
  ],
  [
    "a deadline that is none",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a" }, { timeoutMs: -1 }),
  ],
  [
    "a signal that is none",
    "INVALID_ARGUMENT",
    (sdk) => sdk.append(ALICE, { type: "a" }, { signal: { aborted: false } as never }),
  ],
  ["entries that are none", "INVALID_ARGUMENT", (sdk) => sdk.appendBatch(ALICE, "ab" as never)],
  [
    "a batch with a hole",
    "NOT_SERIALIZABLE",
    // biome-ignore lint/suspicious/noSparseArray: it is what a plugin may pass
    (sdk) => sdk.appendBatch(ALICE, [{ type: "a" }, , { type: "b" }] as never),
  ],
  [
    "a batch of four thousand million",
    "INVALID_ARGUMENT",
    (sdk) => sdk.appendBatch(ALICE, new Array(2 ** 32 - 1)),
  ],
  ["no callback", "INVALID_ARGUMENT", (sdk) => sdk.withWriteLock(ALICE, undefined as never)],
  ["no listener", "INVALID_ARGUMENT", (sdk) => sdk.onUpdate("listener" as never)],
  [
    "a cursor that is none",
    "INVALID_ARGUMENT",
    (sdk) => sdk.readDelta(ALICE, { cursor: 5 as never }),
  ],
  ["no entries at all", "INVALID_ARGUMENT", (sdk) => sdk.readDelta(ALICE, { maxEntries: 0 })],
  [
    "more than there is memory",
    "INVALID_ARGUMENT",
    (sdk) => sdk.readDelta(ALICE, { maxBytes: 1e15 }),
  ],
  [
    "a choice that there is not",
    "INVALID_ARGUMENT",
    (sdk) => sdk.readEntries(ALICE, { which: "everything" as never }).next(),
  ],
  [
    "bounds that are none",
    "INVALID_ARGUMENT",
    (sdk) => sdk.latestAssistantText(ALICE, { maxBytes: Number.POSITIVE_INFINITY }),
  ],
  [
    "a notice that JSON cannot hold",
    "NOT_SERIALIZABLE",
    (sdk) => sdk.withWriteLock(ALICE, (tx) => tx.publishUpdate(1n)),
  ],
  [
    "a notice without end",
    "ENTRY_TOO_LARGE",
    (sdk) => sdk.withWriteLock(ALICE, (tx) => tx.publishUpdate("x".repeat(2e6))),
  ],
];

describe("malformed input is refused with a code, and nothing is written", () => {
  test.each(INPUT)("%s", async (_, code, call) => {
    const { sdk, host, root, fileOf } = await pluginWorld();
    await sdk.append(ALICE, { type: "first" });
    const before = await readFile(fileOf(ALICE), "utf8");
    const error = await errorOf(() => call(sdk));
    expect(error).toBeInstanceOf(LeaflogError);
    expect(error).toMatchObject({ code: `LEAFLOG_${code}` });
    expect(leaks(error, [root])).toEqual([]);
    await host.close();
    expect(await readFile(fileOf(ALICE), "utf8")).toBe(before);
  });
});

test("at least 50 ways out, and at least 20 malformed inputs", () => {
  expect(NAMES.length + PLACES.length).toBeGreaterThanOrEqual(50);
  expect(MALFORMED.length + INPUT.length).toBeGreaterThanOrEqual(20);
});
