/** Told how many bytes are done, of how many in all. */
export type ProgressListener = (bytesDone: number, bytesTotal: number) => void;

/** Progress over both readings of a file; it never goes back, not even when they start over. */
export class RewriteProgress {
  readonly #listener: ProgressListener | undefined;
  #total = 0;
  #done = 0;
  #told = -1;

  constructor(listener: ProgressListener | undefined) {
    this.#listener = listener;
  }

  /** Begins, or begins again, with a file of that many bytes. */
  begin(fileBytes: number): void {
    this.#total = Math.max(this.#total, fileBytes * 2);
  }

  report(bytesDone: number): void {
    this.#done = Math.min(this.#total, Math.max(this.#done, bytesDone));
    if (this.#done > this.#told && this.#done < this.#total) this.#tell();
  }

  finish(): void {
    this.#done = this.#total;
    this.#tell();
  }

  #tell(): void {
    this.#told = this.#done;
    this.#listener?.(this.#done, this.#total);
  }
}
