import { basename, join } from "node:path";
import { build } from "esbuild";

/**
 * Builds TypeScript programs into a directory, as plain JavaScript: they start in a fraction of the
 * time that tsx takes.
 *
 * @returns the path of each, in their order
 */
export async function bundlePrograms(
  directory: string,
  programs: readonly string[],
): Promise<string[]> {
  await build({
    entryPoints: [...programs],
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
  return programs.map((program) => join(directory, `${basename(program, ".ts")}.mjs`));
}
