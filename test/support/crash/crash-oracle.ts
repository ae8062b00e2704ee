import { LeaflogError, openTranscript } from "../../../src/index.js";
import { CrashPort } from "../crash-medium-port.js";
import type { Crash } from "./crash-program.js";
import { type CrashRun, FILE } from "./crash-run.js";
import { ensure, isLinear, TranscriptLines } from "./transcript-lines.js";

/** After each crash: what was on the medium for sure is there, and has not changed. */
export function checkBoot(run: CrashRun, { loss }: Crash): void {
  const { base, content = Buffer.alloc(0), toBackUp } = run;
  if (base) ensureKept(base, content);
  if (toBackUp === undefined || content.length === 0 || isLinear(content)) return;
  // What others added right before may be gone, of the transcript and of the backup.
  const saved = loss ? base : toBackUp;
  if (saved === undefined || !isLinear(saved)) return;
  // Migrated before, and only the old state of it was synced.
  if (!toBackUp.subarray(0, saved.length).equals(saved)) return;
  ensure(
    run.backups().some((backup) => backup.subarray(0, saved.length).equals(saved)),
    "the transcript is migrated and there is no backup",
  );
}

/** At the end: the next append works, and all that was promised holds. */
export async function checkEnd(run: CrashRun, whole: boolean): Promise<void> {
  const before = run.content;
  const fileSystem = new CrashPort(run.medium);
  await using transcript = await openTranscript(FILE, { fileSystem, lock: { idleMs: 0 } });
  const leaf = await transcript.leaf();
  const refused: unknown = await transcript.append({ type: "message", id: "last" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await transcript.close();
  const after = run.content ?? Buffer.alloc(0);
  if (refused !== undefined) {
    ensureTornHeader(run, refused, before, after);
    return;
  }
  if (before) ensureKept(before, after);
  ensure(
    run.medium.names("/home/agent").every((name) => !name.includes(".lock")),
    "the lock stayed",
  );
  const found = new TranscriptLines(after);
  const last = found.lines.at(-1);
  ensure(last?.id === "last", "the last entry is not the last line");
  // A migration on the way there links the linear entries behind the leaf.
  if (leaf.shape === "linked" && before && !isLinear(before))
    ensure(last?.parentId === leaf.id, "the leaf is not the parent");
  checkPromised(run, found);
  if (whole) checkBranch(run, found);
}

/** Only a file that we made, and of which nothing was promised, may have lost its header. */
function ensureTornHeader(
  run: CrashRun,
  error: unknown,
  before: Buffer | undefined,
  after: Buffer,
): void {
  if (!(error instanceof LeaflogError) || error.code !== "LEAFLOG_BAD_HEADER") throw error;
  ensure(before?.equals(after) === true, "a refused append left bytes");
  ensure(run.promised.length === 0, "promised entries stand behind a damaged header");
}

function checkPromised(run: CrashRun, { lines, byId }: TranscriptLines): void {
  for (const { id, parentId } of run.promised) {
    const line = byId.get(id);
    ensure(line !== undefined, `the acknowledged entry ${id} is lost`);
    ensure(line?.parentId === parentId, `the parent of ${id} has changed`);
  }
  ensure(lines[0]?.type === "session", "the header is not the first line");
}

function checkBranch(run: CrashRun, found: TranscriptLines): void {
  const { branch, broken } = found;
  ensure(broken <= run.tears, `${broken} broken lines after ${run.tears} tears`);
  found.ensureBranchWhole();
  for (const batch of run.batches) {
    const present = batch.filter((id) => branch.has(id)).length;
    const whole = present === 0 || present === batch.length;
    ensure(whole, `a part of the batch ${batch} is on the branch`);
  }
  const last = run.promised.at(-1);
  if (last === undefined || last.leaf === null || run.lastLeafCall > last.call) return;
  ensure(branch.has(last.leaf), `the leaf ${last.leaf} that was acknowledged is not on the branch`);
  if (run.lastLeafCall >= 0) return;
  for (const { id } of run.promised) ensure(branch.has(id), `${id} is not on the branch`);
}

function ensureKept(before: Buffer, after: Buffer): void {
  ensure(isKept(before, after), `old bytes were changed:\n${before}\nbecame\n${after}`);
}

/** Whether `after` begins with the lines of `before`, byte for byte, or all of them migrated. */
function isKept(before: Buffer, after: Buffer): boolean {
  if (after.subarray(0, before.length).equals(before)) return true;
  const old = before.toString("latin1").split("\n");
  const now = after.toString("latin1").split("\n");
  if (now.length < old.length) return false;
  return old.every((line, index) => {
    const other = now[index] as string;
    const torn = index === old.length - 1;
    // A piece of a line may be gone on with by the program that left it.
    if (torn && other.startsWith(line)) return true;
    return isMigrated(line, other) || (line === other && !isLinear(line));
  });
}

/** Whether a line is another with nothing but the members that a migration inserts. */
function isMigrated(line: string, other: string): boolean {
  if (!other.startsWith("{") || !other.endsWith(line.slice(1))) return false;
  const inserted = other.slice(1, 1 + other.length - line.length);
  return /^("version":3,|("id":"[^"]+",)?"parentId":("[^"]+"|null),)$/.test(inserted);
}
