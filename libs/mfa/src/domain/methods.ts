/** Ways to prove a second factor, in the order in which a client is offered them. */
export const FACTOR_METHODS = ['totp', 'recovery_code', 'passkey'] as const;

export type FactorMethodName = (typeof FACTOR_METHODS)[number];

/** What the proof is for: opening a session, a fresh look at somebody who has one, or the beginning of a factor. */
export type ProofPurpose = 'sign_in' | 'step_up' | 'enrolment';
