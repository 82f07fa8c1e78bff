/** Somebody who changes their own factors, and the session in which they do. It has to be live until that is done. */
export interface FactorOwner {
  readonly userId: string;
  readonly sessionId: string;
}
