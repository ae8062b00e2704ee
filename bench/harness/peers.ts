import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** The environment variable that names the directory of bench/package.json. */
export const PEERS_VARIABLE = "LEAFLOG_BENCH_PEERS";

/** An arm that cannot be measured here; its message says why. */
export class Unavailable extends Error {}

/**
 * Installs what the benchmarks compare with, unless it is there.
 *
 * @param directory that of bench/package.json
 * @returns why that failed, or undefined
 */
export async function installPeers(
  directory: string,
  note: (line: string) => void,
): Promise<string | undefined> {
  if (await isThere(join(directory, "node_modules", ".package-lock.json"))) return undefined;
  note("installing what is compared with, once: npm ci --prefix bench --ignore-scripts (0.5 GB)");
  try {
    await promisify(execFile)("npm", ["ci", "--prefix", directory, "--ignore-scripts"], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return undefined;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const lines = `${stderr}\n${message}`
      .split("\n")
      .filter((line) => /npm (error|ERR)/.test(line));
    return `npm ci --prefix bench failed: ${lines[0] ?? message.split("\n")[0]}`;
  }
}

/**
 * Path of a peer's file, by a module specifier.
 *
 * @throws Unavailable when it is not installed
 */
export async function peerPath(specifier: string): Promise<string> {
  const directory = peersDirectory();
  try {
    return createRequire(join(directory, "package.json")).resolve(specifier);
  } catch (error) {
    throw unavailable(specifier, error);
  }
}

/**
 * Path of a file below that of bench/package.json, which need not be one that a peer exports.
 *
 * @throws Unavailable when it is not there
 */
export async function peerFile(path: string): Promise<string> {
  const file = join(peersDirectory(), path);
  if (!(await isThere(file))) throw new Unavailable(`bench/${path} is not there`);
  return file;
}

/**
 * Imports a peer's file.
 *
 * @throws Unavailable when that fails: an arm that does not load is told, not left out
 */
export async function importPeer<T>(file: string): Promise<T> {
  try {
    return (await import(pathToFileURL(file).href)) as T;
  } catch (error) {
    throw unavailable(file, error);
  }
}

function peersDirectory(): string {
  const directory = process.env[PEERS_VARIABLE];
  if (directory) return directory;
  throw new Unavailable("peers were left out (--no-peers)");
}

function unavailable(what: string, error: unknown): Unavailable {
  const name = what.replace(/^.*node_modules\//, "");
  return new Unavailable(`${name}: ${(error as Error).message.split("\n")[0]}`, { cause: error });
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
