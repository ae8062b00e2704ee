/*
 * All times of the lock, in milliseconds. Others may go by another `staleMs` than we do, and by
 * another clock. So our own `staleMs` says only when we take over what others left; whatever we
 * believe of what is ours rests on what holds for everybody:
 *
 * - every holder gives a sign of life each HEARTBEAT_MS;
 * - nobody takes a lock over, whatever his options and his clock, that he has not watched for
 *   LEAST_STALE_MS without a sign of life, unless its holder is known to be gone;
 * - so what was ours less than SURE_MS ago still is.
 */

/**
 * Least value of `lock.staleMs`, in milliseconds: two heartbeats. Nobody takes over a lock that
 * showed a sign of life within it.
 */
export const LEAST_STALE_MS = 2_000;

/** How often a holder refreshes its lock; proper-lockfile allows no less. */
export const HEARTBEAT_MS = 1000;

/** For so long after a look that found a lock to be ours, nobody can have taken it over. */
export const SURE_MS: number = LEAST_STALE_MS / 2;

/** What proper-lockfile is told of staleness, which it does not decide here. */
export const LIBRARY_STALE_MS = 10_000;

/** A guard is held for two operations: one that stayed for so long was left behind by a crash. */
export const GUARD_STALE_MS: number = LEAST_STALE_MS;

/** How long a look need not be repeated before what it found is removed. */
export const LOOK_HOLDS_MS = 100;

/** How often it is asked whether the process that has a lock still lives. */
export const LIFE_ASKED_EVERY_MS = 200;

/** How long EPERM and EBUSY count as someone else's work in progress. */
export const BUSY_MS = 2000;
export const BUSY_WAIT_MS = 20;

/** Between two tries to take a lock that another has: the first wait, the longest, the growth. */
export const FIRST_WAIT_MS = 5;
export const LONGEST_WAIT_MS = 50;
export const WAIT_GROWTH = 1.5;

/**
 * Of holding, after which the note is written, unless others are seen to wait before: most holds
 * are over sooner and never pay for it.
 */
export const NOTE_AFTER_MS = 10;

/**
 * For which a look at the lock counts before a write. A pause that costs us the lock lasts seconds,
 * and a look from before it is older than this when the pause ends.
 */
export const FRESH_MS = 1;

/**
 * The same for a look that was made together with that at the file: an event loop that is busy with
 * many transcripts takes a while to come back to each of them.
 */
export const STEP_MS = 20;

/** How long to stand aside after a full hold: others look every 5 to 50, at once behind the flag. */
export const ASIDE_MS = 8;

/** The same where nobody was seen to wait: what does may look less often. */
export const UNSEEN_ASIDE_MS = 20;

/** The same where other programs wait, which look every 50 to 100. */
export const FOREIGN_ASIDE_MS = 60;

/** For so long after another program's lock was met, more of them are expected. */
export const FOREIGN_EXPECTED_MS = 10_000;
