/** Authentication methods (RFC 8176). `mfa`: more than one factor was proven. */
export type AuthenticationMethod = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user' | 'mfa';

export interface Assurance {
  readonly amr: readonly AuthenticationMethod[];
  /** `1`: one factor, `2`: two (OIDC Core §2, `acr`). */
  readonly acr: '1' | '2';
}

/** What a session may say of itself once these were proven together. */
export function assuranceOf(proven: readonly AuthenticationMethod[]): Assurance {
  const amr = [...new Set(proven)];
  return { amr, acr: amr.includes('mfa') ? '2' : '1' };
}

/** The password and a second factor. */
export function withSecondFactor(secondFactor: readonly string[]): Assurance {
  return assuranceOf(['pwd', ...(secondFactor as readonly AuthenticationMethod[]), 'mfa']);
}

/** Roles that count: one that demands a second factor does once it was proven, and not before, wherever it is asked for. */
export function effectiveRoles(
  roles: readonly string[],
  demanding: readonly string[],
  isProven: boolean,
): readonly string[] {
  return isProven || !roles.some((role) => demanding.includes(role))
    ? roles
    : roles.filter((role) => !demanding.includes(role));
}
