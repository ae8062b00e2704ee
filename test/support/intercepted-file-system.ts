import type { FileStat } from "../../src/file/file-stat.js";
import type { FileSystem, OpenFile } from "../../src/file/file-system.js";
import { nodeFileSystem } from "../../src/file/node-file-system.js";

/** One operation on the file port. */
export interface PortCall {
  /** `open`, `stat`, …; operations on an open file are `file.read`, `file.write`, … */
  readonly name: string;
  readonly path: string;
  readonly args: readonly unknown[];
}

/** Stands around an operation: may look, wait, fail, answer itself, or run it. */
export type Around = (call: PortCall, run: RunCall) => Promise<unknown>;

/** Runs the operation, with other arguments than the caller's where some are given. */
export type RunCall = (args?: readonly unknown[]) => Promise<unknown>;

/** Stands around a look that is answered at once; may turn it into one that is not. */
export type AroundLook = (call: PortCall, run: () => FileStat) => FileStat | Promise<FileStat>;

/**
 * A file port whose every asynchronous operation goes through `around`. A look is a `stat` like
 * any other, unless `aroundLook` is there to stand around those that are answered at once.
 */
export function interceptedFileSystem(
  around: Around,
  base: FileSystem = nodeFileSystem,
  aroundLook?: AroundLook,
): FileSystem {
  const look =
    aroundLook &&
    ((path: string) => aroundLook({ name: "stat", path, args: [path] }, () => base.statSync(path)));
  const opened = (file: OpenFile, path: string) =>
    intercept(file, "file.", (inner, run) => around({ ...inner, path }, run));
  return intercept(
    base,
    "",
    (call, run) =>
      call.name === "open"
        ? around(call, run).then((file) => opened(file as OpenFile, call.path))
        : around(call, run),
    { look },
  );
}

function intercept<T extends object>(
  target: T,
  prefix: string,
  around: Around,
  others: Readonly<Record<string, unknown>> = {},
): T {
  return new Proxy(target, {
    get(object, name) {
      if (Object.hasOwn(others, name)) return Reflect.get(others, name);
      const member = Reflect.get(object, name);
      if (typeof member !== "function") return member;
      if (String(name).endsWith("Sync")) return member.bind(object);
      return (...args: unknown[]) =>
        around({ name: prefix + String(name), path: String(args[0]), args }, async (given = args) =>
          member.apply(object, given),
        );
    },
  });
}

/** An operating system's error, as the port would reject with. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** A port that fails every operation that `matches`, with the code. */
export function failingFileSystem(code: string, matches: (call: PortCall) => boolean): FileSystem {
  return interceptedFileSystem(async (call, run) => {
    if (matches(call)) throw systemError(code);
    return run();
  });
}
