/** The members of the JSON object that a text is; undefined for anything else, damaged or not. */
export function jsonObject(
  text: string | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Half written, damaged, or no JSON at all: that is what undefined says.
    return undefined;
  }
}
