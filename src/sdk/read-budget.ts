import type { FileSystem, OpenFile } from "../file/file-system.js";

/** That a reader asked for more bytes than it may read. */
export class BudgetSpent extends Error {}

/** A port to read through that gives out a limited number of bytes, whatever the reader does. */
export class ReadBudget {
  readonly fileSystem: FileSystem;
  readonly #maxBytes: number;
  #bytesRead = 0;
  #opened = false;

  constructor(fileSystem: FileSystem, maxBytes: number) {
    this.#maxBytes = maxBytes;
    const open: FileSystem["open"] = async (path, how, mode) => {
      const file = await fileSystem.open(path, how, mode);
      this.#opened = true;
      return instead(file, { read: (...args) => this.#read(file, ...args) });
    };
    this.fileSystem = instead(fileSystem, { open });
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Whether there was a file to open. */
  get opened(): boolean {
    return this.#opened;
  }

  async #read(file: OpenFile, ...args: Parameters<OpenFile["read"]>): Promise<number> {
    const [buffer, offset, length, position] = args;
    const left = this.#maxBytes - this.#bytesRead;
    if (left === 0) throw new BudgetSpent(`all of ${this.#maxBytes} bytes are read`);
    const read = await file.read(buffer, offset, Math.min(length, left), position);
    this.#bytesRead += read;
    return read;
  }
}

/** `target` with some of its methods replaced; the others run on `target` itself. */
function instead<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      const member = Reflect.get(object, name);
      return typeof member === "function" ? member.bind(object) : member;
    },
  });
}
