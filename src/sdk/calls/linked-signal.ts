/**
 * Runs `work` with a signal that is aborted when either is. Both may live long and serve many
 * calls: nothing of this one stays with them when it is over.
 */
export async function withEither<T>(
  a: AbortSignal,
  b: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (b === undefined || b === a) return work(a);
  const controller = new AbortController();
  const abort = (): void => controller.abort((a.aborted ? a : b).reason);
  if (a.aborted || b.aborted) abort();
  a.addEventListener("abort", abort);
  b.addEventListener("abort", abort);
  try {
    return await work(controller.signal);
  } finally {
    a.removeEventListener("abort", abort);
    b.removeEventListener("abort", abort);
  }
}

/** What `promise` gives, unless the signal is aborted first: then its reason is thrown. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let forget: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    forget = () => signal.removeEventListener("abort", abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget?.();
  }
}
