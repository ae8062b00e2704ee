import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FileSystem, openTranscript, type TranscriptOptions } from "../../src/index.js";
import { interceptedFileSystem } from "../support/intercepted-file-system.js";
import { tempDirectory } from "../support/temp-directory.js";

const LINEAR =
  '{"type":"session","id":"h","version":1}\n{"type":"message","message":{"role":"user","content":"a"}}\n';
const HEADLESS = '{"type":"x","id":"1","parentId":null}\n';

/** A port that tells when the file is opened to append: the look for the first call. */
function atFirstLook(file: string, happens: () => void): FileSystem {
  return interceptedFileSystem(async ({ name, path, args }, run) => {
    const opened = await run();
    if (name === "open" && path === file && args[1] === "append") happens();
    return opened;
  });
}

/** What becomes of a call when the one before it, of another handle, is given up amid its look. */
async function afterGivenUp(
  content: string,
  first: TranscriptOptions,
  second: TranscriptOptions,
): Promise<{ outcome: unknown; text: string }> {
  const file = join(await tempDirectory(), "t.jsonl");
  await writeFile(file, content);
  const control = new AbortController();
  const fileSystem = atFirstLook(file, () => control.abort());
  await using one = await openTranscript(file, { ...first, fileSystem });
  await using other = await openTranscript(file, { ...second, fileSystem });
  const given = one.append({ type: "x" }, { signal: control.signal }).catch(({ code }) => code);
  const outcome = await other.append({ type: "x" }).then(
    ({ linked }) => ({ linked }),
    ({ code }) => code,
  );
  expect(await given).toBe("LEAFLOG_ABORTED");
  return { outcome, text: await readFile(file, "utf8") };
}

describe("a call goes by its own options, whichever call the file was looked at for", () => {
  test.each(["raw", "migrate", "auto"] as const)("reject behind %s", async (linear) => {
    const { outcome, text } = await afterGivenUp(LINEAR, { linear }, { linear: "reject" });
    expect(outcome).toBe("LEAFLOG_LINEAR_TRANSCRIPT");
    expect(text).toBe(LINEAR);
  });

  test.each(["migrate", "reject", "auto"] as const)("raw behind %s", async (linear) => {
    const { outcome, text } = await afterGivenUp(LINEAR, { linear }, { linear: "raw" });
    expect(outcome).toEqual({ linked: false });
    expect(text.startsWith(LINEAR)).toBe(true);
  });

  test.each(["raw", "reject"] as const)("migrate behind %s", async (linear) => {
    const { outcome } = await afterGivenUp(LINEAR, { linear }, { linear: "migrate" });
    expect(outcome).toEqual({ linked: true });
  });

  test("a header that is required, and one that is not", async () => {
    const required = await afterGivenUp(HEADLESS, { header: "optional" }, {});
    expect(required).toEqual({ outcome: "LEAFLOG_BAD_HEADER", text: HEADLESS });
    const optional = await afterGivenUp(HEADLESS, {}, { header: "optional" });
    expect(optional.outcome).toEqual({ linked: true });
  });
});
