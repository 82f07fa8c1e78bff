import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { ApiKeyRejected, TokenIntrospectionDenied } from '../domain/api-key-events.js';
import { ApiKeyRepository } from './api-key-ports.js';

/** What is remembered of the use of keys. Callers see to it that a flood of calls is no flood of writes. */
@Injectable()
export class NoteApiKeyUse {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  used(keyId: string): Promise<void> {
    return this.uow.run(() => this.keys.touch(keyId, this.clock.now()));
  }

  introspectionDenied(data: TokenIntrospectionDenied['data']): Promise<void> {
    const event: TokenIntrospectionDenied = {
      type: 'access.token_introspection_denied',
      userId: null,
      occurredAt: this.clock.now(),
      data,
    };
    return this.uow.tell(event);
  }

  rejected(data: ApiKeyRejected['data']): Promise<void> {
    const event: ApiKeyRejected = {
      type: 'access.api_key_rejected',
      userId: null,
      occurredAt: this.clock.now(),
      data,
    };
    return this.uow.tell(event);
  }
}
