import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import { ApiKey, type ApiKeyState } from '../domain/api-key.js';
import { ApiKeyMint, ApiKeyRepository } from './api-key-ports.js';

export interface ApiKeyRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Whole days, 365 at most; 90 unless told. */
  readonly expiresInDays?: number | undefined;
  readonly createdBy: string | null;
}

export interface CreatedApiKey extends Pick<ApiKeyState, 'id' | 'name' | 'prefix' | 'scopes' | 'expiresAt'> {
  /** Shown once: only its hash is stored. */
  readonly key: string;
}

/** Lets another service call this one. A client may have several keys, so that it can change over without a gap. */
@Injectable()
export class CreateApiKey {
  constructor(
    private readonly mint: ApiKeyMint,
    private readonly keys: ApiKeyRepository,
    private readonly uow: UnitOfWork,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidApiKeyRequest`. */
  async execute({ name, scopes, expiresInDays, createdBy }: ApiKeyRequest): Promise<CreatedApiKey> {
    const { key, prefix, secretHash } = this.mint.mint();
    const fields = { id: this.ids.uuid(), name, scopes, expiresInDays, createdBy, prefix, secretHash };
    const created = ApiKey.create(fields, this.clock.now());
    await this.uow.run(() => this.keys.add(created));
    const { id, scopes: granted, expiresAt } = created.state;
    return { id, name, prefix, scopes: granted, expiresAt, key };
  }
}
