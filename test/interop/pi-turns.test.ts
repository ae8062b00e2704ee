import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTranscript } from "../../src/index.js";
import { tempDirectory } from "../support/temp-directory.js";
import { expectAgreement, expectOneChain } from "./agreement.js";
import { readByLeaflog } from "./leaflog-entries.js";
import { assistantMessage, openPi, userMessage } from "./pi-session.js";

const ROUNDS = 20;

const newFile = async () => join(await tempDirectory(), "session.jsonl");

describe("pi and leaflog take turns", () => {
  test("each opening the file anew: one chain, in the order of the turns", async () => {
    const file = await newFile();
    const appended: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      {
        await using transcript = await openTranscript(file);
        for (let count = 0; count <= round % 4; count += 1) {
          const { id } = await transcript.appendMessage(assistantMessage(`leaflog, ${round}`));
          appended.push(id);
        }
      }
      const pi = openPi(file);
      expect(pi.getLeafId()).toBe(appended.at(-1));
      for (let count = 0; count <= round % 3; count += 1) {
        appended.push(pi.appendMessage(userMessage(`pi, ${round}`)));
      }
      expect((await readByLeaflog(file)).leafId).toBe(pi.getLeafId());
    }
    const { entries } = await expectAgreement(file);
    expectOneChain(entries);
    expect(entries.map(({ id }) => id)).toEqual(appended);
  });

  test("while one leaflog handle stays open: what pi appends is linked to", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(assistantMessage("first"));
    for (let round = 0; round < ROUNDS; round += 1) {
      const pi = openPi(file);
      const foreign = [
        pi.appendMessage(userMessage(`pi, ${round}`)),
        pi.appendCustomEntry("pi", { round }),
      ];
      expect(await transcript.leaf()).toEqual({ id: foreign.at(-1), shape: "linked" });
      const results = await Promise.all([
        transcript.appendMessage(assistantMessage(`leaflog, ${round}`)),
        transcript.append({ type: "custom", customType: "leaflog", data: { round } }),
      ]);
      expect(results.map(({ parentId }) => parentId)).toEqual([foreign.at(-1), results[0]?.id]);
    }
    const { entries } = await expectAgreement(file);
    expect(entries).toHaveLength(1 + ROUNDS * 4);
    expectOneChain(entries);
  });

  test("and leaflog goes on where pi branched", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    const root = await transcript.appendMessage(userMessage("root"));
    const abandoned = await transcript.appendMessage(assistantMessage("abandoned"));
    const summaryId = openPi(file).branchWithSummary(root.id, "tried in vain");
    const next = await transcript.appendMessage(assistantMessage("after the branch"));
    expect(next.parentId).toBe(summaryId);
    const { pi } = await expectAgreement(file);
    expect(pi.getBranch().map(({ id }) => id)).toEqual([root.id, summaryId, next.id]);
    expect(pi.getEntry(abandoned.id)).toMatchObject({ parentId: root.id });
  });

  test("and a pi that never reads again forks, but no line is lost and both see one leaf", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(assistantMessage("first"));
    const pi = openPi(file);
    const appended = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      appended.add((await transcript.appendMessage(assistantMessage(`leaflog, ${round}`))).id);
      const foreignId = pi.appendMessage(userMessage(`pi, ${round}`));
      appended.add(foreignId);
      expect((await transcript.leaf()).id).toBe(foreignId);
    }
    const { entries } = await expectAgreement(file);
    expect(new Set(entries.slice(1).map(({ id }) => id))).toEqual(appended);
  });

  test("and leaflog stands it when pi writes out a second time what was there", async () => {
    const file = await newFile();
    await using transcript = await openTranscript(file);
    await transcript.appendMessage(userMessage("without an answer, as yet"));
    const before = await readFile(file);
    const pi = openPi(file);
    pi.appendMessage(userMessage("kept in memory, for there is no answer"));
    expect(before.equals(await readFile(file))).toBe(true);
    const answerId = pi.appendMessage(assistantMessage("now pi writes all it knows"));
    const repeated = await readFile(file);
    expect(repeated.toString("utf8").match(/"type":"session"/g)).toHaveLength(2);
    expect(await transcript.leaf()).toEqual({ id: answerId, shape: "linked" });
    const { id, parentId } = await transcript.appendMessage(userMessage("thank you"));
    expect(parentId).toBe(answerId);
    expect(repeated.equals((await readFile(file)).subarray(0, repeated.length))).toBe(true);
    expect(openPi(file).getLeafId()).toBe(id);
  });
});
