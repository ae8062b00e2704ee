import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packagedBrowser } from "./packaged-browser.js";

/** The part of Playwright that the tests use. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(program: string): Promise<T>;
  click(selector: string): Promise<void>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(media: { colorScheme: "light" | "dark" }): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  on(event: "console", listener: (message: { text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
}

interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launchPersistentContext(directory: string, options: object): Promise<Context>;
  };
}

/** A Chromium to be started. */
export interface BrowserProgram {
  readonly path: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** A headless Chromium with a new profile. */
export class Browser {
  readonly #context: Context;
  readonly #directory: string;

  private constructor(context: Context, directory: string) {
    this.#context = context;
    this.#directory = directory;
  }

  /**
   * Starts the Chromium that the variable CHROMIUM names, else one that is installed, else the one
   * of this folder's package.
   *
   * @returns why there is none, where none can be started
   */
  static async start(): Promise<Browser | string> {
    const reasons: string[] = [];
    for await (const program of programs(reasons)) {
      try {
        return await Browser.#startOne(program);
      } catch (error) {
        reasons.push(`${program.path}: ${String(error).split("\n", 3).join(" ")}`);
      }
    }
    return `no Chromium can be started here: ${reasons.join("; ")}`;
  }

  static async #startOne({ path, env }: BrowserProgram): Promise<Browser> {
    // Named so that the compiler does not look for a package that the tests alone install.
    const name: string = "playwright-core";
    const { chromium } = (await import(name)) as Playwright;
    const directory = await mkdtemp(join(tmpdir(), "leaflog-browser-"));
    try {
      const context = await chromium.launchPersistentContext(directory, {
        executablePath: path,
        headless: true,
        args: ARGUMENTS,
        env: { ...process.env, ...env },
      });
      return new Browser(context, directory);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  newPage(): Promise<Page> {
    return this.#context.newPage();
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function* programs(reasons: string[]): AsyncGenerator<BrowserProgram> {
  const named = process.env.CHROMIUM;
  for (const path of named === undefined ? INSTALLED : [named]) {
    if (await isThere(path)) yield { path, env: {} };
    else if (path === named) reasons.push(`CHROMIUM names ${path}, which is not there`);
  }
  const packaged = await packagedBrowser();
  if (typeof packaged === "string") reasons.push(packaged);
  else yield packaged;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Then another one is tried.
    return false;
  }
}
