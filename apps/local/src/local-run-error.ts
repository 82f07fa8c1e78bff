/** A reason to stop that the person at the terminal can act on. The message is the one line they see. */
export class LocalRunError extends Error {
  override readonly name = 'LocalRunError';
}
