import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { ApiKeyNotFound } from '../domain/api-key-errors.js';
import { ApiKeyRepository, type ApiKeyName } from './api-key-ports.js';

/** Ends a key for good. Every instance refuses it within a second. */
@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false` when it had been revoked before. Throws `ApiKeyNotFound`. */
  execute(which: ApiKeyName): Promise<boolean> {
    return this.uow.run(async () => {
      const key = await this.keys.findForUpdate(which);
      if (key === null) throw new ApiKeyNotFound();
      const revoked = key.revoke(this.clock.now());
      await this.keys.save(key);
      return revoked;
    });
  }
}
