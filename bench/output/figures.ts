/** A figure as people read it: three significant digits, thousands apart. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : size >= 0.01 ? 2 : 4);
}

/** How often one goes into the other. */
export function times(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "" : `${figure(value)} x`;
}
