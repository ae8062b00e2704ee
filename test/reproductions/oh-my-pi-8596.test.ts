// can1357/oh-my-pi#8596: the disk was full and half of an entry was written. Nobody cut it back;
// 41 hours later, when there was room again, the next append went right behind it, and two entries
// stood on one line of 3,000 bytes that no reader takes. What was lost for good were the arguments
// of an approved tool call.
//
// Here: our own append leaves no half line; one that another program left is closed off before the
// next append; and a line on which it is too late for that is taken apart.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTranscript, repairTranscript, verifyTranscript } from "../../src/index.js";
import { expectAgreement } from "../interop/agreement.js";
import { openPi } from "../interop/pi-session.js";
import { FaultPort } from "../support/fault-port.js";
import { writingThenFailing } from "../support/fault-strikes.js";
import { HEADER, message, movedBytes } from "../support/repair/repair-fixture.js";
import { tempDirectory } from "../support/temp-directory.js";

const FUSED_BYTES = 3000;
const BEFORE = `${HEADER}\n${message("m0", null)}\n${message("m1", "m0")}\n`;
const CALL = message("m2", "m1", "delete these: ".repeat(200));
const LATER = message("m3", "m1", "41 hours later");

async function transcript(content: string): Promise<string> {
  const file = join(await tempDirectory(), "session.jsonl");
  writeFileSync(file, content);
  return file;
}

describe("can1357/oh-my-pi#8596", () => {
  test("the fused line gives its second entry back, and the first as far as it was written", async () => {
    const half = CALL.slice(0, FUSED_BYTES - Buffer.byteLength(LATER));
    const file = await transcript(`${BEFORE}${half}${LATER}\n`);
    const { malformed } = await verifyTranscript(file);
    expect(malformed).toMatchObject({
      total: 1,
      first: [{ line: 4, length: FUSED_BYTES, signature: "spliced", records: 1 }],
    });
    expect(
      openPi(file)
        .getBranch()
        .map(({ id }) => id),
    ).toEqual(["m0", "m1"]);

    const report = await repairTranscript(file);
    const { pi } = await expectAgreement(file);
    expect(pi.getBranch().map(({ id }) => id)).toEqual(["m0", "m1", "m3"]);
    expect(readFileSync(file, "utf8")).toBe(`${BEFORE}${LATER}\n`);
    // The arguments of the call can be read, as far as there was room for them.
    const [[offset, bytes] = []] = [...movedBytes(report)];
    expect({ offset, text: String(bytes) }).toEqual({ offset: BEFORE.length, text: half });
  });

  test("half a line that another program left is not run into", async () => {
    const file = await transcript(BEFORE);
    const half = CALL.slice(0, 1000);
    appendFileSync(file, half);
    await using open = await openTranscript(file);
    const { tornTail, parentId } = await open.append(JSON.parse(LATER, withoutParent));
    expect(tornTail).toMatchObject({ kept: "malformed", length: half.length });
    expect(parentId).toBe("m1");
    expect((await verifyTranscript(file)).malformed).toMatchObject({
      total: 1,
      signatures: { cut: 1 },
    });
    await repairTranscript(file);
    const { pi } = await expectAgreement(file);
    expect(pi.getBranch().map(({ id }) => id)).toEqual(["m0", "m1", "m3"]);
  });

  test("a full disk leaves no half line of ours", async () => {
    const file = await transcript(BEFORE);
    const port = new FaultPort({
      strike: writingThenFailing(0.5, "ENOSPC"),
      nth: 1,
      once: true,
      matches: ({ name, path }) => name === "file.write" && path === file,
    });
    await using open = await openTranscript(file, { fileSystem: port.fileSystem });
    await expect(open.append(JSON.parse(CALL, withoutParent))).rejects.toMatchObject({
      code: "LEAFLOG_WRITE_FAILED",
      cause: { code: "ENOSPC" },
      cutBack: true,
    });
    expect(readFileSync(file, "utf8")).toBe(BEFORE);
    await open.append(JSON.parse(LATER, withoutParent));
    expect(await verifyTranscript(file)).toMatchObject({ ok: true });
  });
});

function withoutParent(key: string, value: unknown): unknown {
  return key === "parentId" ? undefined : value;
}
