import type { FileSystem } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import { interceptedFileSystem, type PortCall, type RunCall } from "../intercepted-file-system.js";

/** A file port that counts what readers do, and may be told to stand in their way. */
export class ReadPort {
  readonly fileSystem: FileSystem;
  /** Bytes that `read` handed out. */
  bytesRead = 0;
  /** Files that were opened and not closed. */
  openFiles = 0;
  /** Watches that were begun and not ended. */
  watches = 0;
  /** Whether a file was closed while it was being read, for a port with one reader at a time. */
  closedUnderRead = false;
  /** Most bytes that one `read` hands out. */
  maxRead: number = Number.POSITIVE_INFINITY;
  /** Called before each operation; what it throws is what the operation rejects with. */
  before: (call: PortCall) => unknown = () => undefined;
  /** Names of the operations other than looking and reading. */
  readonly forbidden: string[] = [];

  #reads = 0;

  constructor(base: FileSystem = nodeFileSystem) {
    this.fileSystem = interceptedFileSystem((call, run) => this.#around(call, run), base);
  }

  async #around(call: PortCall, run: RunCall): Promise<unknown> {
    const isRead = call.name === "file.read";
    if (isRead) this.#reads += 1;
    try {
      return await this.#answer(call, run);
    } finally {
      if (isRead) this.#reads -= 1;
    }
  }

  async #answer(call: PortCall, run: RunCall): Promise<unknown> {
    // A close that fails takes the descriptor with it all the same.
    if (call.name === "file.close") {
      this.openFiles -= 1;
      this.closedUnderRead ||= this.#reads > 0;
    }
    await this.before(call);
    switch (call.name) {
      case "open": {
        if (call.args[1] !== "read") this.forbidden.push(`open ${call.args[1]}`);
        const file = await run();
        this.openFiles += 1;
        return file;
      }
      case "file.read": {
        const [buffer, offset, length, position] = call.args as [Buffer, number, number, number];
        const read = await run([buffer, offset, Math.min(length, this.maxRead), position]);
        this.bytesRead += read as number;
        return read;
      }
      case "watch": {
        const end = (await run()) as () => void;
        this.watches += 1;
        return () => {
          this.watches -= 1;
          end();
        };
      }
      case "file.close":
      case "stat":
      case "file.stat":
      case "realpath":
      case "readlink":
        return run();
      default:
        this.forbidden.push(call.name);
        return run();
    }
  }
}
