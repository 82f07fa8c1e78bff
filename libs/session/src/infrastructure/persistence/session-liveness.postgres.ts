import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { SessionLiveness } from '../../application/ports.js';

@Injectable()
export class PostgresSessionLiveness extends SessionLiveness {
  constructor(private readonly database: Database) {
    super();
  }

  async isLive(sessionId: string, now: Date): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT 1 FROM user_service.sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2',
      [sessionId, now],
    );
    return rows.length > 0;
  }
}
