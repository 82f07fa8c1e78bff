import { Injectable } from '@nestjs/common';

import { DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { devicePlace } from './session.row.js';

/** What devices call themselves, for those who tell their owners about them. */
@Injectable()
export class PostgresSessionDevices {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
  ) {}

  /** `null` when it did not say. Throws `DecryptionFailed`. */
  async nameOf(userId: string, sessionId: string): Promise<string | null> {
    const [row] = await this.database.query<{ device: Buffer | null }>(
      'SELECT device FROM user_service.sessions WHERE id = $1 AND user_id = $2',
      [sessionId, userId],
    );
    if (row === undefined || row.device === null) return null;
    const key = await this.dataKeys.forUser(userId);
    return key.open(row.device, devicePlace(sessionId)).toString('utf8');
  }
}
