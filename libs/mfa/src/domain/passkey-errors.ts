import { DomainError, type ErrorKind } from '#kernel';

/** The credential is no answer to what was asked: one answer, whatever is wrong with it. */
export class PasskeyNotRegistered extends DomainError {
  readonly code = 'passkey_not_registered';
  readonly kind: ErrorKind = 'unprocessable';

  constructor() {
    super('The new passkey does not answer the challenge');
  }
}

/** The same authenticator holds a passkey of this service already. */
export class PasskeyTaken extends DomainError {
  readonly code = 'passkey_taken';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('The passkey is registered already');
  }
}

export class TooManyPasskeys extends DomainError {
  readonly code = 'too_many_passkeys';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('The user has as many passkeys as one may have');
  }
}
