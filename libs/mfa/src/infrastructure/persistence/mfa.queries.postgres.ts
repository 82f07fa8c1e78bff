import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { MfaQueries, type MfaStatus } from '../../application/mfa-queries.js';
import { Passkeys } from '../../application/passkey-ports.js';
import { FACTOR_METHODS, type FactorMethodName } from '../../domain/methods.js';

interface StatusRow {
  readonly totp: boolean;
  readonly codes: number;
}

const STATUS = `
  SELECT EXISTS (SELECT 1 FROM user_service.mfa_factors
                  WHERE user_id = $1 AND method = 'totp' AND confirmed_at IS NOT NULL) AS totp,
         (SELECT count(*)::integer FROM user_service.recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS codes`;

const METHODS = `
  SELECT array_agg(DISTINCT method) AS methods,
         EXISTS (SELECT 1 FROM user_service.recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS has_codes
    FROM user_service.mfa_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL`;

const ENROLMENT = `
  SELECT round(count(*) FILTER (WHERE mfa_enabled) / coalesce(max(share), 1))::integer AS enrolled,
         round(count(*) / coalesce(max(share), 1))::integer AS active
    FROM user_service.account_sample WHERE active`;

@Injectable()
export class PostgresMfaQueries extends MfaQueries {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
  ) {
    super();
  }

  async statusOf(userId: string): Promise<MfaStatus> {
    const [row] = await this.database.query<StatusRow>(STATUS, [userId]);
    return {
      totpEnabled: row?.totp ?? false,
      passkeys: (await this.passkeys.listOf(userId)).map(({ state }) => state),
      recoveryCodesLeft: row?.codes ?? 0,
    };
  }

  async methodsOf(userId: string): Promise<FactorMethodName[]> {
    const [row] = await this.database.query<{ methods: string[] | null; has_codes: boolean }>(METHODS, [userId]);
    const factors = row?.methods ?? [];
    if (factors.length === 0) return [];
    const known = new Set(row?.has_codes === true ? [...factors, 'recovery_code'] : factors);
    return FACTOR_METHODS.filter((method) => known.has(method));
  }

  async enrolment(): Promise<{ readonly enrolled: number; readonly active: number }> {
    const [row] = await this.database.query<{ enrolled: number; active: number }>(ENROLMENT);
    return row ?? { enrolled: 0, active: 0 };
  }
}
