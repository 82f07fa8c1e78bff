import { DomainError, type ErrorKind } from '#kernel';

export class InvalidEmail extends DomainError {
  readonly code = 'validation_failed';
  readonly kind: ErrorKind = 'invalid';
  override readonly issues = [{ pointer: '/email', code: 'invalid_email' }];

  constructor() {
    super('Not an e-mail address this service can write to');
  }
}

/** Longer than anything that is worked on: `fitsPasswordLimits` of the kernel says what is. */
export class PasswordTooLong extends DomainError {
  readonly code = 'validation_failed';
  readonly kind: ErrorKind = 'invalid';
  override readonly issues = [{ pointer: '/password', code: 'too_long' }];

  constructor() {
    super('The password is longer than 256 characters or 1 KiB');
  }
}

/** Why a password was refused, in the order in which a person would want to hear it. */
export type PasswordReason = 'too_short' | 'common' | 'breached' | 'contains_own_data';

export class PasswordRejected extends DomainError {
  readonly code = 'password_rejected';
  readonly kind: ErrorKind = 'unprocessable';
  override readonly extensions: { readonly reasons: readonly PasswordReason[] };

  constructor(reasons: readonly PasswordReason[]) {
    super('The password is too easy to guess');
    this.extensions = { reasons };
  }
}

/** Of a person who is signed in, so this may be said: whose session it is knows that the account exists. */
export class CurrentPasswordWrong extends DomainError {
  readonly code = 'current_password_wrong';
  readonly kind: ErrorKind = 'unprocessable';

  constructor() {
    super('The present password is wrong');
  }
}

/** There were too many wrong passwords; this one was not looked at. */
export class LoginThrottled extends DomainError {
  readonly code = 'login_throttled';
  readonly kind: ErrorKind = 'rate_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super('Too many failed attempts');
  }
}

/** Unknown, expired, used, or meant for something else: the answer is the same. */
export class OneTimeTokenInvalid extends DomainError {
  readonly code = 'token_invalid';
  readonly kind: ErrorKind = 'invalid';

  constructor() {
    super('The token cannot be used');
  }
}

export class UserNotFound extends DomainError {
  readonly code = 'not_found';
  readonly kind: ErrorKind = 'not_found';

  constructor() {
    super('No such user');
  }
}

/** The user changed since the caller read it (RFC 9110 §13.1.1). */
export class UserChangedMeanwhile extends DomainError {
  readonly code = 'precondition_failed';
  readonly kind: ErrorKind = 'precondition_failed';

  constructor() {
    super('The user was changed by somebody else meanwhile');
  }
}

/** `MINIMUM_AGE` is set, so that nobody registers without a date of birth. */
export class BirthDateRequired extends DomainError {
  readonly code = 'validation_failed';
  readonly kind: ErrorKind = 'invalid';
  override readonly issues = [{ pointer: '/birthDate', code: 'required' }];

  constructor() {
    super('The date of birth is required');
  }
}

export class UnderAge extends DomainError {
  readonly code = 'under_age';
  readonly kind: ErrorKind = 'unprocessable';

  constructor() {
    super('The person is too young to register alone');
  }
}

/** Of a person who is signed in, so this may be said. */
export class EmailUnchanged extends DomainError {
  readonly code = 'email_unchanged';
  readonly kind: ErrorKind = 'unprocessable';

  constructor() {
    super('The new address is the one that the account has');
  }
}

/** Each wish for another address mails two letters, one of them to whoever has that address. */
export class TooManyEmailChanges extends DomainError {
  readonly code = 'rate_limited';
  readonly kind: ErrorKind = 'rate_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super('Too many changes of the address were asked for');
  }
}

/** Somebody registered an address at the moment in which its owner proved it for another account. */
export class AddressTakenMeanwhile extends DomainError {
  readonly code = 'overloaded';
  readonly kind: ErrorKind = 'overloaded';
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The address was taken at the same moment');
  }
}
