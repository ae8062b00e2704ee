import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export type ChildName = "acknowledging-writer" | "naive-writer" | "short-program" | "migration";

const CHILDREN: readonly ChildName[] = [
  "acknowledging-writer",
  "naive-writer",
  "short-program",
  "migration",
];

/**
 * Builds the children into a directory, as plain JavaScript: they start in a fraction of the time
 * that tsx takes, and hundreds of them are started.
 *
 * @returns the path of each
 */
export async function bundleChildren(directory: string): Promise<(name: ChildName) => string> {
  await build({
    entryPoints: CHILDREN.map((name) =>
      fileURLToPath(new URL(`children/${name}.ts`, import.meta.url)),
    ),
    outdir: directory,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    // proper-lockfile is CommonJS and calls `require` for Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  return (name) => join(directory, `${name}.mjs`);
}
