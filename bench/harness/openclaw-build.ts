import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { isThere } from "./peers.js";

/** The function that is measured. */
export const OPENCLAW_APPEND = "appendSessionTranscriptMessage";

const ENTRY = "openclaw/plugin-sdk/agent-harness-runtime";

/** Where the build is kept, within the directory of bench/package.json. */
export const OPENCLAW_BUILD = "node_modules/.cache/openclaw-append.mjs";

/**
 * Cuts OpenClaw's append, as it is, out of its package, whose 300 modules take a second to load:
 * once, so that hundreds of trials need not.
 *
 * @param directory that of bench/package.json
 * @throws when openclaw is not installed, or is not what it was
 */
export async function buildOpenClaw(directory: string): Promise<void> {
  const outfile = join(directory, OPENCLAW_BUILD);
  if (await isThere(outfile)) return;
  const entry = createRequire(join(directory, "package.json")).resolve(ENTRY);
  const { exported, path } = originOf(await readFile(entry, "utf8"));
  await build({
    stdin: {
      contents: `export { ${exported} as ${OPENCLAW_APPEND} } from ${JSON.stringify(path)};`,
      resolveDir: dirname(entry),
    },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "silent",
    plugins: [
      {
        name: "what-is-not-used-stays-out",
        setup: ({ onResolve, resolve }) => {
          onResolve(
            { filter: /^\.\.?\// },
            async ({ path: from, kind, resolveDir, pluginData }) => {
              if (pluginData === "resolved") return undefined;
              const found = await resolve(from, { kind, resolveDir, pluginData: "resolved" });
              return { ...found, sideEffects: false };
            },
          );
        },
      },
    ],
  });
}

/** The entry point imports the function, perhaps under another name, from the module that has it. */
function originOf(text: string): { exported: string; path: string } {
  const imports = text.matchAll(/import \{([^}]*)\} from "(\.[^"]+)"/g);
  for (const [, names = "", path = ""] of imports) {
    const found = new RegExp(`(?:([\\w$]+) as )?${OPENCLAW_APPEND}\\b`).exec(names);
    if (found) return { exported: found[1] ?? OPENCLAW_APPEND, path };
  }
  throw new Error(`${ENTRY} does not import ${OPENCLAW_APPEND}`);
}
