import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type RepairTranscriptOptions, repairTranscript } from "../../src/index.js";
import { text, transcript } from "../support/repair/repair-fixture.js";

async function headerOf(content: string, options: RepairTranscriptOptions = {}) {
  const file = await transcript(content);
  expect(await repairTranscript(file, options)).toMatchObject({ changed: true });
  return JSON.parse(readFileSync(file, "utf8").split("\n")[0] ?? "");
}

const entry = (more: object): string =>
  JSON.stringify({ type: "message", id: "a", parentId: null, ...more });

test("a header that is added tells nothing of who ran the repair", async () => {
  expect(await headerOf(text(entry({})))).toMatchObject({
    type: "session",
    version: 3,
    timestamp: "1970-01-01T00:00:00.000Z",
    cwd: "/",
  });
});

test("it has the time and the directory that the entries tell", async () => {
  const later = { id: "b", parentId: "a", timestamp: "2025-02-02T02:02:02.000Z", cwd: "/srv/app" };
  const first = { timestamp: "2025-01-01T01:01:01.000Z" };
  const content = text(
    "not JSON",
    entry({}),
    entry({ ...later, ...first }),
    entry({ ...later, id: "c" }),
  );
  expect(await headerOf(content)).toMatchObject({ ...first, cwd: "/srv/app" });
  const inMessage = text(entry({ message: { role: "user", timestamp: 1_700_000_000_000 } }));
  expect(await headerOf(inMessage)).toMatchObject({ timestamp: "2023-11-14T22:13:20.000Z" });
});

test("what is left of the old header goes first, and what the caller says before the entries", async () => {
  const old = '{"type":"session","version":3,"id":"s-1","cwd":"/home/a/proj","timest';
  const time = "2025-01-01T01:01:01.000Z";
  const content = text(old, entry({ timestamp: time, cwd: "/elsewhere" }));
  expect(await headerOf(content)).toMatchObject({
    id: "s-1",
    cwd: "/home/a/proj",
    timestamp: time,
  });
  const none = text(entry({ timestamp: time, cwd: "/elsewhere" }));
  expect(await headerOf(none, { cwd: "/said" })).toMatchObject({ cwd: "/said", timestamp: time });
});
