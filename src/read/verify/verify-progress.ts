import { LeaflogError } from "../../base/errors.js";
import { readFailed } from "../../base/failures.js";

/** Told how many bytes are done, of how many in all. */
type Listener = (bytesDone: number, bytesTotal: number) => void;

/** What a caller's listener threw, on its way back to the caller. */
class ListenerFailure {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** A listener whose own errors `asReadError` can tell from those of reading. */
export function guardedListener(listener: Listener | undefined): Listener | undefined {
  if (listener === undefined) return undefined;
  return (bytesDone, bytesTotal) => {
    try {
      listener(bytesDone, bytesTotal);
    } catch (error) {
      throw new ListenerFailure(error);
    }
  };
}

/** What to throw for what ended a reading: the listener's own error, or a `LeaflogError`. */
export function asReadError(
  path: string,
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  if (error instanceof ListenerFailure) return error.thrown;
  if (error instanceof LeaflogError) return error;
  return readFailed(path, error, signal?.aborted && error === signal.reason ? signal : undefined);
}
