import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { AccountHistories, type AccountHistory } from '../../application/account-history.js';

interface Row {
  readonly created_at: Date;
  readonly email_verified_at: Date | null;
  readonly password_changed_at: Date;
}

@Injectable()
export class PostgresAccountHistories extends AccountHistories {
  constructor(private readonly database: Database) {
    super();
  }

  async of(userId: string): Promise<AccountHistory | null> {
    const [row] = await this.database.query<Row>(
      'SELECT created_at, email_verified_at, password_changed_at FROM user_service.users WHERE id = $1',
      [userId],
    );
    if (row === undefined) return null;
    return {
      createdAt: row.created_at,
      emailVerifiedAt: row.email_verified_at,
      passwordChangedAt: row.password_changed_at,
    };
  }
}
