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

/** A file port whose every asynchronous operation goes through `around`. */
export function interceptedFileSystem(
  around: Around,
  base: FileSystem = nodeFileSystem,
): FileSystem {
  return intercept(base, "", (call, run) =>
    call.name === "open"
      ? around(call, run).then((file) =>
          intercept(file as OpenFile, "file.", (inner, runInner) =>
            around({ ...inner, path: call.path }, runInner),
          ),
        )
      : around(call, run),
  );
}

function intercept<T extends object>(target: T, prefix: string, around: Around): T {
  return new Proxy(target, {
    get(object, name) {
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
