/**
 * Starts to measure by two clocks and returns how many milliseconds have passed, by the one that
 * says more: the monotonic clock stands still while the machine sleeps, the wall clock may be set.
 * Whoever asks wants to know whether something may have happened meanwhile, so more is safer.
 */
export function startClock(): () => number {
  const monotonic = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - monotonic, Math.abs(Date.now() - wall));
}
