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

type Disturbance = (operation: Operation, path: string) => Promise<void> | undefined;

/** What befalls the operations of a disk. */
export class Disturbances {
  readonly #all = new Set<Disturbance>();

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

  /** To be awaited before each operation; undefined when nothing holds it up. */
  before(operation: Operation, path: string): Promise<void> | undefined {
    return this.#disturb([...this.#all], operation, path);
  }

  #disturb(all: Disturbance[], operation: Operation, path: string): Promise<void> | undefined {
    for (const [index, disturbance] of all.entries()) {
      const disturbed = disturbance(operation, path);
      // One that fails hides the others.
      const others = all.slice(index + 1);
      if (disturbed) return disturbed.then(() => this.#disturb(others, operation, path));
    }
    return undefined;
  }

  #add(disturbance: Disturbance): () => void {
    this.#all.add(disturbance);
    return () => {
      this.#all.delete(disturbance);
    };
  }
}
