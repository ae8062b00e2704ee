import { join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { failingFileSystem } from "../support/intercepted-file-system.js";
import { tempDirectory } from "../support/temp-directory.js";

async function newFile(): Promise<string> {
  return join(await tempDirectory(), "a.jsonl");
}

test("open, until close is called", async () => {
  const transcript = await openTranscript(await newFile());
  expect(transcript.status).toBe("open");
  await transcript.append({ type: "a" });
  expect(transcript.status).toBe("open");
  const closing = transcript.close();
  expect(transcript.status).toBe("closed");
  await closing;
  expect(transcript.status).toBe("closed");
  expect(await transcript.leaf()).toMatchObject({ shape: "linked" });
});

test("poisoned when a sync failed, for every handle on the file but one that is opened later", async () => {
  const file = await newFile();
  const fileSystem = failingFileSystem("EIO", ({ name }) => name === "file.datasync");
  await using first = await openTranscript(file, { fileSystem, durability: "synced" });
  await using second = await openTranscript(file, { fileSystem });
  await expect(first.append({ type: "a" })).rejects.toMatchObject({ code: "LEAFLOG_POISONED" });
  expect([first.status, second.status]).toEqual(["poisoned", "poisoned"]);
  await using third = await openTranscript(file, { fileSystem });
  expect(third.status).toBe("open");
  await first.close();
  expect([first.status, second.status]).toEqual(["closed", "poisoned"]);
});
