/** Whether a value is what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of the JSON object that a text is; undefined for anything else, damaged or not. */
export function jsonObject(
  text: string | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    // Half written, damaged, or no JSON at all: that is what undefined says.
    return undefined;
  }
}
