import { DomainError, type ErrorKind } from '#kernel';

/** There is an authenticator app already. */
export class MfaAlreadyEnabled extends DomainError {
  readonly code = 'mfa_already_enabled';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('An authenticator app is set up already');
  }
}

/** Nothing waits to be confirmed, or it has waited for too long. */
export class EnrolmentMissing extends DomainError {
  readonly code = 'mfa_enrolment_missing';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('No authenticator app waits to be confirmed');
  }
}

/** The user has no second factor, so there is nothing that codes could stand in for. */
export class MfaNotEnabled extends DomainError {
  readonly code = 'mfa_not_enabled';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('No second factor is set up');
  }
}

/** The code that should confirm a new authenticator app is not its code. */
export class EnrolmentCodeInvalid extends DomainError {
  readonly code = 'mfa_invalid';
  readonly kind: ErrorKind = 'unprocessable';

  constructor() {
    super('The code is not valid');
  }
}

/** Too many wrong codes: nothing is looked at until the oldest of them is forgotten. */
export class MfaThrottled extends DomainError {
  readonly code = 'mfa_throttled';
  readonly kind: ErrorKind = 'rate_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super('Too many wrong codes');
  }
}

/** The account went away meanwhile. */
export class HolderGone extends DomainError {
  readonly code = 'not_found';
  readonly kind: ErrorKind = 'not_found';

  constructor() {
    super('The account is gone');
  }
}

/** Whoever asked for the reset cannot be the one who agrees to it. */
export class SecondAdminRequired extends DomainError {
  readonly code = 'second_admin_required';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('Another administrator has to agree');
  }
}

/** Nobody resets their own factors: they remove them. */
export class OwnFactorsReset extends DomainError {
  readonly code = 'own_mfa_reset';
  readonly kind: ErrorKind = 'conflict';

  constructor() {
    super('Administrators cannot reset their own second factors');
  }
}

/** The mailed token stops nothing, or nothing any more. */
export class StopTokenInvalid extends DomainError {
  readonly code = 'token_invalid';
  readonly kind: ErrorKind = 'invalid';

  constructor() {
    super('The token is not valid');
  }
}

/** What is stored of a factor cannot be read, so neither a yes nor a no would be true: nobody gets in by it. */
export class FactorUnreadable extends DomainError {
  readonly code = 'mfa_unavailable';
  readonly kind: ErrorKind = 'unavailable';

  constructor(options?: { cause?: unknown }) {
    super('The second factor cannot be checked', options);
  }
}
