import { Injectable } from '@nestjs/common';

import { ImportedFactors } from '#identity';
import { Ids } from '#kernel';
import { DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

/** Authenticator apps of the service before, in use from the start: their owners notice nothing. */
@Injectable()
export class PostgresImportedFactors extends ImportedFactors {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly ids: Ids,
  ) {
    super();
  }

  async addTotp(userId: string, secret: Uint8Array, at: Date): Promise<void> {
    const id = this.ids.uuid();
    const key = await this.dataKeys.forUser(userId);
    const sealed = key.seal(Buffer.from(secret), `mfa_factors/secret_enc/${id}`);
    await this.database.query(
      `INSERT INTO user_service.mfa_factors (id, user_id, method, secret_enc, created_at, confirmed_at)
       VALUES ($1, $2, 'totp', $3, $4, $4)`,
      [id, userId, sealed, at],
    );
  }
}
