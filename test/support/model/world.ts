import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { isErrno } from "../../../src/file/is-errno.js";
import { openTranscript, type Transcript, type TranscriptOptions } from "../../../src/index.js";
import { openFilesBelow } from "../open-handles.js";
import { ProcessDouble } from "./process-double.js";
import type { TranscriptModel } from "./transcript-model.js";

/** The real thing beside the model: a transcript in a directory of its own, and who has it open. */
export class World {
  readonly file: string;
  readonly #directory: string;
  readonly #processes = new Map<string, ProcessDouble>();
  /** One for each of the model's handles, in the same order. */
  readonly #transcripts: Transcript[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    this.file = join(directory, "a.jsonl");
  }

  /** The file's text; undefined when there is none. */
  async text(): Promise<string | undefined> {
    try {
      return await readFile(this.file, "utf8");
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async open(model: TranscriptModel, process: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const options = { ...this.optionsOf(process), linear: model.policy };
    const transcript = await openTranscript(this.file, options);
    model.handles.push(process);
    this.#transcripts.push(transcript);
  }

  async close(model: TranscriptModel, handle: number): Promise<void> {
    await this.transcript(handle).close();
    this.#forget(model, handle);
  }

  transcript(handle: number): Transcript {
    return this.#transcripts[handle] as Transcript;
  }

  process(name: string): ProcessDouble {
    const process = this.#processes.get(name) ?? new ProcessDouble();
    this.#processes.set(name, process);
    return process;
  }

  optionsOf(process: string): TranscriptOptions {
    return {
      lock: { staleMs: 2000, idleMs: 1 },
      // The dead of all sequences still count among the files that this one process has open.
      maxOpenFiles: Number.MAX_SAFE_INTEGER,
      fileSystem: this.process(process).fileSystem,
    };
  }

  /** Ends a process on the spot, and takes away what others would find stale after a while. */
  async kill(model: TranscriptModel, name: string): Promise<void> {
    await this.process(name).kill();
    this.#processes.delete(name);
    for (let handle = model.handles.length - 1; handle >= 0; handle -= 1) {
      if (model.handles[handle] === name) this.#forget(model, handle);
    }
    for (const left of await readdir(this.#directory)) {
      // Another process may be giving its lock back just now.
      const options = { recursive: true, force: true };
      if (left !== "a.jsonl") await rm(join(this.#directory, left), options);
    }
  }

  /** Nothing but the transcript may be left when all handles are closed. */
  async end(model: TranscriptModel): Promise<void> {
    while (model.handles.length > 0) await this.close(model, 0);
    const names = await readdir(this.#directory);
    expect(names).toEqual(model.text === undefined ? [] : ["a.jsonl"]);
    expect((await openFilesBelow(this.#directory)) ?? []).toEqual([]);
    // Many sequences come after this one.
    await rm(this.#directory, { recursive: true });
  }

  #forget(model: TranscriptModel, handle: number): void {
    model.handles.splice(handle, 1);
    this.#transcripts.splice(handle, 1);
  }
}
