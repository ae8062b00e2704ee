import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src", import.meta.url));

/** From the lowest to the highest; each imports from those before it. See `src/README.md`. */
const FLOORS = [
  "base",
  "file",
  "file/replace",
  "entry",
  "scan/json",
  "scan/lines",
  "scan/records",
  "scan",
  "scan/end",
  "lock/file",
  "lock/owner",
  "lock",
  "options",
  "read",
  "read/branch",
  "read/verify",
  "read/page",
  "read/follow",
  "rewrite",
  "migration",
  "repair",
  "keys",
  "append/call",
  "append/held",
  "append/commit",
  "append/queue",
  "transcript/call",
  "transcript",
  "mirror",
  "sdk/host",
  "sdk/calls",
  "sdk",
  "sdk/testing",
  "cli/output",
  "cli/tree",
  "cli/stats",
  "cli/demo",
  "cli",
  "index.ts",
];

/** Lines of a file, at most. */
const MAX_FILE_LINES = 300;
/** Lines of all files of a floor, at most. */
const MAX_FLOOR_LINES = 1_600;

interface Source {
  readonly file: string;
  readonly floor: string;
  readonly lines: number;
  readonly imports: readonly string[];
}

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map(sourceOf);

function sourceOf(file: string): Source {
  const text = readFileSync(join(SRC, file), "utf8");
  const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)"(\.[^"]+)"/g);
  const imports = [...specifiers].map(([, specifier]) => {
    const path = resolve(SRC, dirname(file), specifier as string);
    return relative(SRC, path).replace(/\.js$/, ".ts");
  });
  const directory = dirname(file);
  return {
    file,
    floor: directory === "." ? file : directory,
    lines: text.split("\n").length - 1,
    imports,
  };
}

test("every file stands on a floor", () => {
  expect(sources.length).toBeGreaterThan(100);
  const strays = sources.filter(({ floor }) => !FLOORS.includes(floor));
  expect(strays.map(({ file }) => file)).toEqual([]);
});

test("what is imported is there", () => {
  const files = new Set(sources.map(({ file }) => file));
  const missing = sources.flatMap(({ file, imports }) =>
    imports.filter((name) => !files.has(name)).map((name) => `${file} -> ${name}`),
  );
  expect(missing).toEqual([]);
});

test("imports lead downwards, those of types too", () => {
  const height = new Map(FLOORS.map((floor, index) => [floor, index]));
  const floorOf = new Map(sources.map(({ file, floor }) => [file, floor]));
  const upwards = sources.flatMap(({ file, floor, imports }) =>
    imports
      .filter((name) => {
        const target = floorOf.get(name) as string;
        return (height.get(target) as number) > (height.get(floor) as number);
      })
      .map((name) => `${file} -> ${name}`),
  );
  expect(upwards).toEqual([]);
});

test("no two files import each other, round however many corners", () => {
  const importsOf = new Map(sources.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" -> "));
    else if (!done.has(file)) {
      for (const next of importsOf.get(file) ?? []) walk(next, [...way, file]);
      done.add(file);
    }
  };
  for (const { file } of sources) walk(file, []);
  expect(circles).toEqual([]);
});

test("files and floors can be read in one sitting", () => {
  const long = sources.filter(({ lines }) => lines > MAX_FILE_LINES);
  expect(long.map(({ file, lines }) => `${file}: ${lines}`)).toEqual([]);
  const perFloor = new Map<string, number>();
  for (const { floor, lines } of sources) perFloor.set(floor, (perFloor.get(floor) ?? 0) + lines);
  const crowded = [...perFloor].filter(([, lines]) => lines > MAX_FLOOR_LINES);
  expect(crowded).toEqual([]);
});
