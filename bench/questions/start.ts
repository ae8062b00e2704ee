import { execFile } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Question, Series, TrialResult } from "../harness/question.js";

const run = promisify(execFile);
/** Processes of a trial, of which the median counts. */
const STARTS = { short: 5, full: 15 } as const;
const TRANSCRIPT =
  '{"type":"session","version":3,"id":"s"}\n{"type":"x","id":"a","parentId":null}\n';

interface Program extends Series {
  readonly args: string[];
  readonly prints: string;
}

/** What is started, in a directory that has the package's programs. */
const PROGRAMS: readonly Program[] = [
  { case: "import", arm: "leaflog", args: ["import.mjs"], prints: "" },
  { case: "import", arm: "an empty module", args: ["empty.mjs"], prints: "" },
  { case: "leaf", arm: "leaflog", args: ["dist/cli/main.js", "leaf", "t.jsonl"], prints: "a\n" },
  { case: "leaf", arm: "node -e 0", args: ["-e", "0"], prints: "" },
];

/** What a hook or a command line pays at each call. */
export const start: Question = {
  name: "start",
  asks: "How long does a process take that imports leaflog, or prints a leaf, and ends?",
  headline: "ms",
  columns: [],
  series: () => PROGRAMS.map(({ case: name, arm }) => ({ case: name, arm })),
  prepare: async (directory) => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    await run("npm", ["run", "-s", "bundle", "--", `--outdir=${join(directory, "dist")}`], {
      cwd: root,
    });
    await symlink(join(root, "node_modules"), join(directory, "node_modules"), "dir");
    // As an installed package: ES modules, by its package.json.
    await writeFile(join(directory, "package.json"), '{"type":"module"}');
    await writeFile(join(directory, "import.mjs"), 'import "./dist/index.js";\n');
    await writeFile(join(directory, "empty.mjs"), "");
    await writeFile(join(directory, "t.jsonl"), TRANSCRIPT);
  },
  trial: async ({ case: name, arm }, { form, fixtures }): Promise<TrialResult> => {
    const program = PROGRAMS.find((one) => one.case === name && one.arm === arm) as Program;
    // A first start reads the files into the page cache; none may keep what Node compiled.
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const times: number[] = [];
    for (let count = -1; count < STARTS[form]; count += 1) {
      const startedAt = performance.now();
      const { stdout } = await run(process.execPath, program.args, { cwd: fixtures, env });
      if (count >= 0) times.push(performance.now() - startedAt);
      if (stdout !== program.prints) return { values: {}, fault: `it printed ${stdout}` };
    }
    times.sort((a, b) => a - b);
    return { values: { ms: times[times.length >> 1] as number } };
  },
};
