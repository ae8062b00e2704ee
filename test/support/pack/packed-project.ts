import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT, type Run, run } from "../run.js";

/** Milliseconds that npm may take, on a slow network. */
const NPM_TIMEOUT_MS = 150_000;

/** What the package is made of. */
const SOURCES = ["package.json", "tsconfig.json", "LICENSE", "README.md", "src"];

/** The oldest Node that package.json promises to run on. */
const OLDEST_NODE = "20.19.0";

/**
 * Packs a copy of the checkout, whose own `dist` another run may be building.
 *
 * @returns the path of the tarball
 */
export async function packTarball(directory: string): Promise<string> {
  const copy = join(directory, "copy");
  for (const name of SOURCES) {
    await cp(join(ROOT, name), join(copy, name), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"), "dir");
  await succeed("npm", ["pack", "--pack-destination", directory], copy);
  const { name, version } = await readPackage(copy);
  return join(directory, `${name}-${version}.tgz`);
}

/** What a package.json says of what the tests look at. */
export interface PackageDescription {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

export async function readPackage(directory: string): Promise<PackageDescription> {
  const text = await readFile(join(directory, "package.json"), "utf8");
  return JSON.parse(text) as PackageDescription;
}

/** Makes a project that has nothing but the tarball installed. */
export async function makeProject(directory: string, tarball: string): Promise<string> {
  const project = join(directory, "project");
  await mkdir(project);
  const description = {
    name: "project",
    private: true,
    type: "module",
    // npm runs no install script that is not allowed by name.
    allowScripts: { node: true },
  };
  await writeFile(join(project, "package.json"), JSON.stringify(description));
  await succeed(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball],
    project,
  );
  return project;
}

/** Installs the oldest supported Node into a project. @returns its path; undefined without one */
export async function installOldestNode(project: string): Promise<string | undefined> {
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", `node@${OLDEST_NODE}`];
  const { code } = await run("npm", args, { cwd: project, timeoutMs: NPM_TIMEOUT_MS });
  if (code !== 0) return undefined;
  const node = join(project, "node_modules", "node", "bin", "node");
  const { stdout } = await succeed(node, ["--version"], project);
  if (stdout.trim() !== `v${OLDEST_NODE}`) throw new Error(`${node} is ${stdout}`);
  return node;
}

/** Lends a project packages of the checkout that are for development only. */
export async function linkDevelopmentPackages(
  project: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const target = join(project, "node_modules", name);
    await mkdir(join(target, ".."), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), target, "dir");
  }
}

/** Runs a program; rejects, with all it said, unless it exits with 0. */
export async function succeed(program: string, args: readonly string[], cwd: string): Promise<Run> {
  const ended = await run(program, args, { cwd, timeoutMs: NPM_TIMEOUT_MS });
  if (ended.code === 0) return ended;
  const how = ended.signal ?? `exit code ${ended.code}`;
  throw new Error(`${program} ${args.join(" ")}: ${how}\n${ended.stdout}${ended.stderr}`);
}
