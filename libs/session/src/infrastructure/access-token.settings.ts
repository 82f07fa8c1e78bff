/** What access tokens are signed with and say about themselves. */
export abstract class AccessTokenSettings {
  abstract readonly secret: string;
  abstract readonly issuer: string;
  abstract readonly audience: string;
  abstract readonly minutes: number;
}

/** RFC 7518 §3.2. */
export const ALGORITHM = 'HS512';
/** RFC 9068 §2.1. */
export const TOKEN_TYPE = 'at+jwt';
/** Two clocks may differ by this much: seconds. */
export const CLOCK_SKEW_S = 30;
