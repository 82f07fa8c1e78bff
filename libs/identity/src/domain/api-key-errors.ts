import { DomainError, type ErrorKind } from '#kernel';

/** Missing, malformed, unknown, wrong, expired or revoked: one answer, so that it tells nothing. */
export class ApiKeyInvalid extends DomainError {
  readonly code = 'api_key_invalid';
  readonly kind: ErrorKind = 'unauthenticated';

  constructor() {
    super('The API key is not valid');
  }
}

/** The key is good, and not for this. */
export class InsufficientScope extends DomainError {
  readonly code = 'insufficient_scope';
  readonly kind: ErrorKind = 'forbidden';

  constructor() {
    super('The API key does not have the scope of this call');
  }
}

/** A key cannot be made like that; the message says why. */
export class InvalidApiKeyRequest extends DomainError {
  readonly code = 'validation_failed';
  readonly kind: ErrorKind = 'invalid';
}

export class ApiKeyNotFound extends DomainError {
  readonly code = 'not_found';
  readonly kind: ErrorKind = 'not_found';

  constructor() {
    super('No such API key');
  }
}
