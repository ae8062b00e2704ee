import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePrograms } from "../bundle-programs.js";

export type ChildName = "acknowledging-writer" | "naive-writer" | "short-program" | "migration";

const CHILDREN: readonly ChildName[] = [
  "acknowledging-writer",
  "naive-writer",
  "short-program",
  "migration",
];

/**
 * Builds the children into a directory: hundreds of them are started.
 *
 * @returns the path of each
 */
export async function bundleChildren(directory: string): Promise<(name: ChildName) => string> {
  const programs = CHILDREN.map((name) =>
    fileURLToPath(new URL(`../../crash/children/${name}.ts`, import.meta.url)),
  );
  await bundlePrograms(directory, programs);
  return (name) => join(directory, `${name}.mjs`);
}
