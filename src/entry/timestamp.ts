let moment = 0;
let text = "";

/** The time, as an entry's timestamp: ISO 8601 with milliseconds. Made once in a millisecond. */
export function timestampNow(): string {
  const now = Date.now();
  if (now !== moment) {
    text = new Date(now).toISOString();
    moment = now;
  }
  return text;
}
