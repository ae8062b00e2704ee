/** Terms of work that needs the lock for itself. */
export interface ExclusiveTerms {
  /** Milliseconds for the queue and the lock, not for the work. */
  readonly timeoutMs: number;
  /** Whether keys will be looked up in the course of it. */
  readonly keyed?: boolean | undefined;
  /** Gives it up, as long as nothing has begun to be written. */
  readonly signal?: AbortSignal | undefined;
}
