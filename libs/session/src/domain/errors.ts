import { DomainError, type ErrorKind } from '#kernel';

/** Unknown address, wrong password, disabled account: one answer, so that it tells nothing. */
export class InvalidCredentials extends DomainError {
  readonly code = 'invalid_credentials';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The credentials are not valid');
  }
}

/** No passkey of ours, no answer to what was asked, a disabled account: one answer, so that it tells nothing. */
export class PasskeyRefused extends DomainError {
  readonly code = 'passkey_refused';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The passkey was not accepted');
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

/** The password was right, the address is not proven yet. */
export class EmailUnverified extends DomainError {
  readonly code = 'email_unverified';
  readonly kind: ErrorKind = 'forbidden';

  constructor() {
    super('The e-mail address is not verified');
  }
}

export class RefreshInvalid extends DomainError {
  readonly code = 'refresh_invalid';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The refresh token is not valid');
  }
}

/** A token that was spent already came back: the session it belongs to has been ended (RFC 9700 §4.14.2). */
export class RefreshReused extends DomainError {
  readonly code = 'refresh_reused';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The refresh token was used before');
  }
}

export class TokenMissing extends DomainError {
  readonly code = 'token_missing';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('No bearer token');
  }
}

export class TokenInvalid extends DomainError {
  readonly code = 'token_invalid';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor(options?: { cause?: unknown }) {
    super('The bearer token is not valid', options);
  }
}

export class TokenExpired extends DomainError {
  readonly code = 'token_expired';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The bearer token has expired');
  }
}

export class SessionRevoked extends DomainError {
  readonly code = 'session_revoked';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The session has ended');
  }
}

/** Nobody used the session for longer than it may rest. */
export class SessionIdleTimeout extends DomainError {
  readonly code = 'session_idle_timeout';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The session was idle for too long');
  }
}

/** Nothing that knows about sessions can be reached: neither a yes nor a no would be true. */
export class SessionStateUnavailable extends DomainError {
  readonly code = 'session_state_unavailable';
  readonly kind: ErrorKind = 'unavailable';
  override readonly retryAfterSeconds = 1;

  constructor(options?: { cause?: unknown }) {
    super('The state of the session is not known', options);
  }
}

/** The session is good, but its user's last proof is too old for what was asked for. */
export class ReauthenticationRequired extends DomainError {
  readonly code = 'reauthentication_required';
  readonly kind: ErrorKind = 'forbidden';

  constructor() {
    super('The user has to authenticate again');
  }
}

/** The user has not the role that the call is for. */
export class RoleMissing extends DomainError {
  readonly code = 'forbidden';
  readonly kind: ErrorKind = 'forbidden';

  constructor() {
    super('The user has not the role');
  }
}

/** The mfaToken opens nothing: unknown, expired, used, another device's, or of an account that has changed since. */
export class MfaTokenExpired extends DomainError {
  readonly code = 'mfa_token_expired';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The sign-in has to begin again');
  }
}

/** Wrong code, used code, no such factor, nothing sent: one answer, so that it tells nothing. */
export class MfaInvalid extends DomainError {
  readonly code = 'mfa_invalid';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The second factor is not valid');
  }
}

/** Too many wrong codes: nothing is looked at until the oldest of them is forgotten. */
export class MfaLocked extends DomainError {
  readonly code = 'mfa_throttled';
  readonly kind: ErrorKind = 'rate_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super('Too many wrong codes');
  }
}

/** The user has a role that counts only with a second factor, and has none. */
export class MfaEnrolmentRequired extends DomainError {
  readonly code = 'mfa_enrolment_required';
  readonly kind: ErrorKind = 'forbidden';

  constructor() {
    super('The user has to set up a second factor');
  }
}
