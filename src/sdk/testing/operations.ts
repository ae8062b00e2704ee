/** What is done on a disk, as far as a test may want to disturb it. */
export type Operation =
  | "open"
  | "read"
  | "write"
  | "sync"
  /** The making of a transcript's lock. */
  | "lock"
  | "stat"
  | "mkdir"
  | "rename"
  | "remove"
  | "truncate";

export const OPERATIONS: readonly Operation[] = [
  "open",
  "read",
  "write",
  "sync",
  "lock",
  "stat",
  "mkdir",
  "rename",
  "remove",
  "truncate",
];

/** An error as the operating system makes it, with the path that plugins must not see. */
export function systemError(code: string, syscall: string, path: string): Error {
  const message = `${code}: ${syscall} '${path}'`;
  return Object.assign(new Error(message), { code, syscall, path });
}

/** What befalls the operations of a disk. */
export class Disturbances {
  readonly #all = new Set<(operation: Operation, path: string) => Promise<void> | undefined>();

  /** The next `times` operations of that kind, on paths that match, fail. @returns takes it back */
  fail(
    operation: Operation,
    code: string,
    times: number,
    matches: (path: string) => boolean,
  ): () => void {
    let left = times;
    return this.#add((done, path) => {
      if (done !== operation || left === 0 || !matches(path)) return undefined;
      left -= 1;
      return Promise.reject(systemError(code, operation, path));
    });
  }

  /** Operations of that kind, on paths that match, wait. @returns lets them go on */
  hold(operation: Operation, matches: (path: string) => boolean): () => void {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const remove = this.#add((done, path) =>
      done === operation && matches(path) ? held : undefined,
    );
    return () => {
      remove();
      letGo();
    };
  }

  /** To be awaited before each operation. */
  async before(operation: Operation, path: string): Promise<void> {
    await Promise.resolve();
    for (const disturbance of [...this.#all]) await disturbance(operation, path);
  }

  #add(disturbance: (operation: Operation, path: string) => Promise<void> | undefined): () => void {
    this.#all.add(disturbance);
    return () => {
      this.#all.delete(disturbance);
    };
  }
}
