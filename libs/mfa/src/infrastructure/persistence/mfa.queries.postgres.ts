import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { MfaQueries, type MfaStatus } from '../../application/mfa-queries.js';

interface Row {
  readonly totp: boolean;
  readonly codes: number;
}

const STATUS = `
  SELECT EXISTS (SELECT 1 FROM user_service.mfa_factors
                  WHERE user_id = $1 AND method = 'totp' AND confirmed_at IS NOT NULL) AS totp,
         (SELECT count(*)::integer FROM user_service.recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS codes`;

@Injectable()
export class PostgresMfaQueries extends MfaQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async statusOf(userId: string): Promise<MfaStatus> {
    const [row] = await this.database.query<Row>(STATUS, [userId]);
    return { totpEnabled: row?.totp ?? false, passkeys: [], recoveryCodesLeft: row?.codes ?? 0 };
  }
}
