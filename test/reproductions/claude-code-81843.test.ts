// anthropics/claude-code#81843: of 10,949 transcripts that one person looked through, 23 had lines
// which are no JSON, 30 of them. In 21 a record breaks off in its content and the next whole
// record begins right there; in 3 two whole records lack the newline between them; 6 begin with a
// run of NUL bytes, before one whole record. The sessions went on behind these lines.
//
// Before: every reader skips such a line as a whole, with the record in it that is whole, and the
// entries that name it as their parent hang in the air.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repairTranscript, verifyTranscript } from "../../src/index.js";
import { expectAgreement } from "../interop/agreement.js";
import { openPi } from "../interop/pi-session.js";
import { HEADER, message, movedBytes } from "../support/repair/repair-fixture.js";
import { tempDirectory } from "../support/temp-directory.js";

const SPLICES = 21;
const MISSING_NEWLINES = 3;
const NUL_RUNS = 6;
/** Records between two damages, so that the session goes on. */
const BETWEEN = 3;

interface Damaged {
  readonly content: string;
  /** What is whole in it, and what was lost. */
  readonly whole: readonly string[];
  readonly lost: readonly string[];
}

/** A session with all thirty lines, and the cuts at ever other places of a record. */
function damagedSession(): Damaged {
  const whole: string[] = [];
  const lost: string[] = [];
  let content = `${HEADER}\n`;
  let last: string | null = null;
  let made = 0;
  const next = (text: string): string => {
    const id = `m${made}`;
    const line = message(id, last, text);
    made += 1;
    last = id;
    return line;
  };
  const append = (before: string, ...records: string[]): void => {
    whole.push(...records);
    content += `${before}${records.join("")}\n`;
  };
  const goOn = (): void => {
    for (let count = 0; count < BETWEEN; count += 1) append("", next(`goes on, "${count}" {`));
  };
  goOn();
  for (let count = 0; count < SPLICES; count += 1) {
    const record = next('a tool\'s output: {"path":"C:\\\\","lines":[1,2]}'.repeat(4));
    lost.push(record);
    const cut = Math.floor(((count + 1) * record.length) / (SPLICES + 2));
    append(record.slice(0, cut), next("begins where the other breaks off"));
    goOn();
  }
  for (let count = 0; count < MISSING_NEWLINES; count += 1) {
    append("", next("no newline behind"), next("none before"));
    goOn();
  }
  for (let count = 0; count < NUL_RUNS; count += 1) {
    append("\0".repeat(7 ** count), next("behind zeros"));
    goOn();
  }
  return { content, whole, lost };
}

const idsOf = (lines: readonly string[]): string[] => lines.map((line) => JSON.parse(line).id);

describe("anthropics/claude-code#81843", () => {
  test("the thirty lines are told by their signatures", async () => {
    const file = join(await tempDirectory(), "session.jsonl");
    writeFileSync(file, damagedSession().content);
    const report = await verifyTranscript(file);
    expect(report.problems).toEqual(["malformed", "dangling"]);
    expect(report.malformed).toMatchObject({
      total: SPLICES + MISSING_NEWLINES + NUL_RUNS,
      signatures: {
        spliced: SPLICES,
        fused: MISSING_NEWLINES,
        nul: NUL_RUNS,
        cut: 0,
        "no-json": 0,
      },
      records: SPLICES + 2 * MISSING_NEWLINES + NUL_RUNS,
    });
  });

  test("every record that is whole is saved, and what is left of the others is kept", async () => {
    const { content, whole, lost } = damagedSession();
    const file = join(await tempDirectory(), "session.jsonl");
    writeFileSync(file, content);
    // Pi sees no more than what stands behind the last damage.
    expect(openPi(file).getBranch().length).toBeLessThan(2 * BETWEEN);

    const report = await repairTranscript(file);
    expect(report.changes.counts).toMatchObject({
      separated: SPLICES + MISSING_NEWLINES + NUL_RUNS,
      moved: SPLICES + NUL_RUNS,
      linked: SPLICES,
    });
    const { pi } = await expectAgreement(file);
    expect(pi.getBranch().map(({ id }) => id)).toEqual(idsOf(whole));
    const byId = new Map(whole.map((line) => [JSON.parse(line).id, JSON.parse(line)]));
    for (const { parentId: _, ...entry } of pi.getEntries()) {
      const { parentId: __, ...before } = byId.get(entry.id);
      expect(entry).toEqual(before);
    }

    const moved = [...movedBytes(report).values()].map(String);
    const fragments = moved.filter((bytes) => !bytes.includes("\0"));
    expect(fragments).toHaveLength(SPLICES);
    for (const [at, fragment] of fragments.entries())
      expect(lost[at]?.startsWith(fragment)).toBe(true);
    expect(moved.filter((bytes) => /^\0+$/.test(bytes))).toHaveLength(NUL_RUNS);
    expect(readFileSync(report.backup ?? "", "utf8")).toBe(content);

    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
    expect(await repairTranscript(file)).toMatchObject({ changed: false });
  });

  test("a splice is undone, in whatever part of the record it happened", async () => {
    const first = message("m0", null);
    const cut = message("m1", "m0", 'say "{\\"a\\":[1]}" \u{1f600}');
    const second = message("m2", "m1");
    const bytes = Buffer.from(cut);
    const file = join(await tempDirectory(), "session.jsonl");
    for (let at = 1; at < bytes.length; at += 9) {
      const content = [`${HEADER}\n${first}\n`, bytes.subarray(0, at), `${second}\n`];
      writeFileSync(file, Buffer.concat(content.map((part) => Buffer.from(part))));
      const { changes, movedBytes: moved } = await repairTranscript(file, { backup: false });
      expect(changes.counts).toMatchObject({ separated: 1, moved: 1, linked: 1 });
      expect(moved).toBe(at);
      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      expect(lines.slice(0, 2)).toEqual([HEADER, first]);
      expect(JSON.parse(lines[2] ?? "")).toEqual({ ...JSON.parse(second), parentId: "m0" });
    }
  });
});
