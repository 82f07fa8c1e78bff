/**
 * Activity is noted once in this many milliseconds for each session. What is stored may therefore be that old, and a
 * session may rest that much longer than its limit says, but never shorter (SE-08).
 */
export const ACTIVITY_GRAIN_MS = 60_000;

/** What decides how long a session may rest. */
export interface Resting {
  readonly rememberMe: boolean;
  readonly lastSeenAt: Date;
}

/**
 * Whether nobody used a session for longer than `idleMinutes` (OWASP ASVS 5.0 §7.3.1), as far as is stored or known.
 *
 * @param lastUsed what is known besides: while the database takes no writes, no use is stored
 */
export function hasRestedTooLong(
  { rememberMe, lastSeenAt }: Resting,
  idleMinutes: number,
  now: Date,
  lastUsed: Date | null = null,
): boolean {
  if (rememberMe) return false;
  const last = Math.max(lastSeenAt.getTime(), lastUsed?.getTime() ?? 0);
  return now.getTime() - last >= idleMinutes * 60_000 + ACTIVITY_GRAIN_MS;
}
