import { Injectable, Logger } from '@nestjs/common';

import { DecryptionFailed } from '#platform/crypto';
import { SecurityLog } from '#platform/http';

import { RecoveryAccounts } from './persistence/recovery-accounts.postgres.js';
import { PostgresRecoveryRequests, type WaitingRequest } from './persistence/recovery-requests.postgres.js';

const AT_ONCE = 200;
// A link that is mailed an hour after it was asked for helps nobody.
const GIVE_UP_AFTER_SECONDS = 3_600;
// One account gets no more mails in an hour, so further requests for it in the same look ask for nothing.
const FOR_ONE_ACCOUNT = 3;

export interface RecoveryBatch {
  /** What may mean somebody, by account: one after the other within each. */
  readonly groups: readonly (readonly WaitingRequest[])[];
  /** Whether more is due. */
  readonly isFull: boolean;
}

/**
 * The oldest requests, without those that ask for nothing: too old, unreadable, for nobody, or one more for the same
 * account. They go in one statement, so that a flood of them keeps an honest one waiting for moments and not for hours.
 */
@Injectable()
export class RecoveryBatches {
  readonly #logger = new Logger(RecoveryBatches.name);

  constructor(
    private readonly requests: PostgresRecoveryRequests,
    private readonly accounts: RecoveryAccounts,
    private readonly securityLog: SecurityLog,
  ) {}

  async next(): Promise<RecoveryBatch> {
    const due = await this.requests.due(AT_ONCE);
    const opened = due.flatMap((row) => this.open(row));
    const groups = groupsOf(await this.accounts.ofSomebody(opened));
    const kept = new Set(groups.flat().map(({ id }) => id));
    await this.requests.drop(due.map(({ id }) => id).filter((id) => !kept.has(id)));
    return { groups, isFull: due.length === AT_ONCE };
  }

  postpone(id: string, seconds: number): Promise<void> {
    return this.requests.postpone(id, seconds);
  }

  private open(row: Parameters<PostgresRecoveryRequests['open']>[0]): WaitingRequest[] {
    if (row.age_seconds > GIVE_UP_AFTER_SECONDS) {
      this.#logger.warn({ event: 'recovery.request_dropped', jobId: row.id, reason: 'too_old' });
      return [];
    }
    try {
      return [this.requests.open(row)];
    } catch (error) {
      if (!(error instanceof DecryptionFailed)) throw error;
      this.securityLog.event('crypt_decrypt_fail', { topic: 'recovery', jobId: row.id });
      return [];
    }
  }
}

function groupsOf(requests: readonly WaitingRequest[]): WaitingRequest[][] {
  const byAddress = Map.groupBy(requests, ({ email }) => email.value);
  return [...byAddress.values()].map((group) => group.slice(0, FOR_ONE_ACCOUNT));
}
