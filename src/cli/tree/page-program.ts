import { readFile } from "node:fs/promises";

/** Modules of the page's program; each uses those before it alone. */
const MODULES = ["data", "entry-view", "outline", "conversation", "search", "main"];

/** The program that runs in a page, its modules as one script. */
export async function readPageProgram(): Promise<string> {
  const modules = MODULES.map((name) =>
    readFile(new URL(`./page/${name}.js`, import.meta.url), "utf8"),
  );
  const bare = (await Promise.all(modules)).map((text) =>
    text.replace(/^import\s[^;]*;$/gm, "").replace(/^export (?=\w)/gm, ""),
  );
  return `"use strict";(() => {\n${bare.join("\n")}\n})();`;
}
