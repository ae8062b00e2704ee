let moment = 0;
let text = "";
let json = "";

/** The time, as an entry's timestamp: ISO 8601 with milliseconds. Made once in a millisecond. */
export function timestampNow(): string {
  const now = Date.now();
  if (now !== moment) {
    text = new Date(now).toISOString();
    json = JSON.stringify(text);
    moment = now;
  }
  return text;
}

/** {@link timestampNow} as JSON: with its quotes. */
export function timestampNowAsJson(): string {
  timestampNow();
  return json;
}
