/** Somebody, in a session of theirs. It has to be live until what they do in it is done. */
export interface InSession {
  readonly userId: string;
  readonly sessionId: string;
}
