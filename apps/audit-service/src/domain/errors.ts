import { DomainError, type FieldIssue } from '#kernel';

/** The body is no list of events that could be told apart. Nothing of it was stored. */
export class BatchInvalid extends DomainError {
  readonly code = 'batch_invalid';
  readonly kind = 'unprocessable';

  constructor(override readonly issues: readonly FieldIssue[]) {
    super('The body is no batch of events');
  }
}

/** Events of several lanes cannot be stored as one piece of a chain. Nothing of it was stored. */
export class BatchMixed extends DomainError {
  readonly code = 'batch_mixed';
  readonly kind = 'unprocessable';

  constructor() {
    super('The batch has events of several lanes');
  }
}

/** The events of a batch follow each other. Nothing of it was stored. */
export class BatchUnordered extends DomainError {
  readonly code = 'batch_unordered';
  readonly kind = 'unprocessable';

  constructor() {
    super('The events of the batch are not in the order of their sequence');
  }
}

export class ApiKeyInvalid extends DomainError {
  readonly code = 'api_key_invalid';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The API key is missing or wrong');
  }
}
