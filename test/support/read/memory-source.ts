import type { FileSystem } from "../../../src/file/file-system.js";
import { nodeFileSystem } from "../../../src/file/node-file-system.js";
import type { ReadSource } from "../../../src/read/read-source.js";
import { MemoryFile } from "../memory-file.js";

/** A transcript in memory, for readers alone. */
export class MemorySource implements ReadSource {
  readonly file = "/memory/t.jsonl";
  readonly maxEntryBytes: number;
  /** Random lines are its own, whatever they look like. */
  readonly header = "optional";
  readonly fileSystem: FileSystem;
  /** What a reader finds that opens it. */
  content: Buffer;
  /** All that were opened. */
  readonly files: MemoryFile[] = [];

  /** @param maxRead most bytes that one `read` hands out */
  constructor(content: Buffer | string, maxRead?: number, maxEntryBytes = 1_000_000) {
    this.content = Buffer.from(content);
    this.maxEntryBytes = maxEntryBytes;
    this.fileSystem = {
      ...nodeFileSystem,
      open: async () => {
        const file = new MemoryFile(this.content, maxRead);
        this.files.push(file);
        return file;
      },
      stat: () => new MemoryFile(this.content).stat(),
    };
  }

  get isClosed(): boolean {
    return this.files.every(({ closed }) => closed);
  }
}
