import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlagError, type Flags, parseFlags, ROUNDS, USAGE } from "./flags.js";
import { buildTrial } from "./harness/build.js";
import { describeMachine } from "./harness/machine.js";
import { buildOpenClaw } from "./harness/openclaw-build.js";
import { installPeers, PEERS_VARIABLE } from "./harness/peers.js";
import type { Question } from "./harness/question.js";
import { runQuestion } from "./harness/run-question.js";
import type { QuestionRecord, RunRecord } from "./harness/run-record.js";
import { PROBABILITIES } from "./harness/statistics.js";
import { markdownLines } from "./output/markdown.js";
import { reportPage } from "./output/report-page.js";
import { questionLines, reachLines, runLines } from "./output/text.js";
import { QUESTIONS } from "./questions/questions.js";

const PEERS = fileURLToPath(new URL(".", import.meta.url));

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2), process.env);
  if (flags.help) return console.log(USAGE);
  const questions = chosen(flags);
  if (flags.list) return list(questions, flags);
  const run = flags.from === undefined ? await measure(questions, flags) : await load(flags.from);
  for (const line of printed(run, flags)) console.log(line);
  if (flags.report !== undefined) {
    await installed(flags);
    await writeFile(flags.report, await reportPage(run));
    note(`report: ${flags.report}`);
  }
}

function chosen({ words }: Flags): Question[] {
  const found = QUESTIONS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  if (found.length > 0) return found;
  const names = QUESTIONS.map(({ name }) => name).join(", ");
  throw new FlagError(`no question's name holds ${words.join(" or ")}; there are ${names}`);
}

function list(questions: readonly Question[], { form }: Flags): void {
  for (const question of questions) {
    const arms = [...new Set(question.series(form).map(({ arm }) => arm))];
    console.log(`${question.name}: ${question.asks}\n  ${arms.join(", ")}`);
  }
}

async function load(file: string): Promise<RunRecord> {
  const run = JSON.parse(await readFile(file, "utf8")) as RunRecord;
  if (run.version === 1) return run;
  throw new FlagError(`${file} is no run that this version wrote`);
}

/** Directory of the peers, which are installed first; undefined to do without. */
async function installed({ peers }: Flags): Promise<string | undefined> {
  if (!peers) return undefined;
  const problem = await installPeers(PEERS, note);
  if (problem !== undefined) note(`${problem}; arms that need it are reported as not available`);
  else await prepareOpenClaw();
  process.env[PEERS_VARIABLE] = PEERS;
  return PEERS;
}

async function prepareOpenClaw(): Promise<void> {
  try {
    await buildOpenClaw(PEERS);
  } catch (error) {
    note(`OpenClaw's append cannot be had, and is reported as not available: ${error}`);
  }
}

async function measure(questions: readonly Question[], flags: Flags): Promise<RunRecord> {
  const startedAt = new Date();
  const peers = await installed(flags);
  const parent = flags.directory ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(await realpath(parent), "leaflog-bench-"));
  const stop = () => {
    // A signal leaves no gigabytes behind.
    void rm(directory, { recursive: true, force: true }).finally(() => process.exit(130));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    const machine = await describeMachine(directory);
    const laboratory = { directory, program: await buildTrial(directory), peers, form: flags.form };
    const { rounds, arms } = flags;
    const records: QuestionRecord[] = [];
    for (const question of questions) {
      const record = await runQuestion(question, laboratory, {
        rounds,
        ...(arms && { arms }),
        note,
      });
      records.push(record);
      if (flags.output === "text" && !flags.reach) {
        for (const line of questionLines(record)) console.log(line);
      }
    }
    return {
      version: 1,
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      form: flags.form,
      machine,
      probabilities: PROBABILITIES,
      questions: records,
    };
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    await rm(directory, { recursive: true, force: true });
  }
}

/** What is left to print of a run: its questions were printed as they were answered. */
function printed(run: RunRecord, flags: Flags): string[] {
  if (flags.output === "json") return [JSON.stringify(run)];
  if (flags.output === "markdown") return markdownLines(run);
  const few = flags.from === undefined && flags.rounds < ROUNDS;
  const tables =
    flags.from !== undefined && !flags.reach ? run.questions.flatMap(questionLines) : [];
  return [
    ...tables,
    ...reachLines(run),
    "",
    ...runLines(run),
    ...(few ? [`${flags.rounds} rounds are no more than a look: publish ${ROUNDS} or more`] : []),
  ];
}

try {
  await main();
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  note(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
