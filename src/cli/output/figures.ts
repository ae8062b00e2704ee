const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A number for people: digits in groups of three. */
export function counted(count: number): string {
  return count.toLocaleString("en");
}

/** A number of things, in the singular or plural. */
export function many(count: number, one: string, more: string): string {
  return `${counted(count)} ${count === 1 ? one : more}`;
}

/** Bytes for people, in powers of a thousand. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A part of a whole, in percent. */
export function share(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.round((part / whole) * 100)} %`;
}

/** Seconds for people. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}
