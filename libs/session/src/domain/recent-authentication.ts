/** For how long a proof of who somebody is counts as fresh: five minutes (api.md, Step-up). */
const FRESH_FOR_S = 300;
/** The instance that took the proof may have a clock that is so much ahead: as for tokens (api.md, clock skew). */
const SKEW_S = 30;

/**
 * Whether the user proved a moment ago who they are (OWASP ASVS 5.0 §7.5.1).
 *
 * @param authTime seconds since the epoch
 */
export function isRecentlyAuthenticated(authTime: number, now: Date): boolean {
  const age = now.getTime() / 1_000 - authTime;
  return age <= FRESH_FOR_S && age >= -SKEW_S;
}
