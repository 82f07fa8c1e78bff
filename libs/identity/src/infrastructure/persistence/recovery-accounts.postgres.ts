import { Injectable } from '@nestjs/common';

import { BlindIndex } from '#platform/crypto';
import { Database } from '#platform/persistence';

import type { RecoveryRequest } from '../../application/ports.js';

/** Tells the requests that may mean somebody from those that mean nobody, many in one look. */
@Injectable()
export class RecoveryAccounts {
  constructor(
    private readonly database: Database,
    private readonly blindIndex: BlindIndex,
  ) {}

  async ofSomebody<Request extends RecoveryRequest>(requests: readonly Request[]): Promise<readonly Request[]> {
    if (requests.length === 0) return [];
    const indexes = requests.map(({ email }) => this.blindIndex.of(email.value));
    const rows = await this.database.query<{ email_index: Buffer }>(
      'SELECT email_index FROM user_service.users WHERE email_index = ANY ($1::bytea[])',
      [indexes],
    );
    const known = new Set(rows.map(({ email_index: index }) => index.toString('hex')));
    return requests.filter((_request, n) => known.has(indexes[n]?.toString('hex') ?? ''));
  }
}
