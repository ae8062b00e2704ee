import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/run.js";
import type { BrowserProgram } from "./browser.js";

const MODULES = fileURLToPath(new URL("./node_modules", import.meta.url));
const UNPACKED: string = join(MODULES, ".unpacked-chromium");

/** The part of @sparticuz/chromium that is used. */
interface Package {
  readonly default: { executablePath(): Promise<string> };
  inflate(file: string): Promise<string>;
}

/** The Chromium that is in an npm package, for Linux on x64; or why there is none. */
export async function packagedBrowser(): Promise<BrowserProgram | string> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return `the packaged Chromium is for linux on x64, and this is ${process.platform} on ${process.arch}`;
  }
  try {
    if (!(await isDirectory(UNPACKED))) await unpack();
  } catch (error) {
    return `the packaged Chromium cannot be unpacked: ${String(error)}`;
  }
  const path = join(UNPACKED, "chromium");
  const fonts = { FONTCONFIG_FILE: join(UNPACKED, "leaflog-fonts.conf") };
  // Its libraries are for machines that have none of their own.
  const runs = (await run(path, ["--version"])).code === 0;
  const libraries = { LD_LIBRARY_PATH: join(UNPACKED, "al2023", "lib") };
  return { path, env: runs ? fonts : { ...fonts, ...libraries } };
}

async function unpack(): Promise<void> {
  const name: string = "@sparticuz/chromium";
  const directory = await mkdtemp(join(MODULES, ".unpacking-"));
  const { TMPDIR } = process.env;
  try {
    // The package unpacks into the directory for temporary files, under names that others know.
    process.env.TMPDIR = directory;
    const { default: chromium, inflate } = (await import(name)) as Package;
    await chromium.executablePath();
    await inflate(join(MODULES, name, "bin", "al2023.tar.br"));
    await writeFile(join(directory, "leaflog-fonts.conf"), fontsConfiguration());
    await rename(directory, UNPACKED);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(directory, { recursive: true, force: true });
  }
}

/** Without any font that it finds Chromium does not start. */
function fontsConfiguration(): string {
  const directories = [join(UNPACKED, "fonts"), "/usr/share/fonts"];
  const rows = directories.map((directory) => `<dir>${directory}</dir>`);
  const cache = `<cachedir>${join(UNPACKED, "fonts-cache")}</cachedir>`;
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${rows.join("")}${cache}</fontconfig>\n`;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not unpacked yet.
    return false;
  }
}
