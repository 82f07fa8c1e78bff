import { isIPv6 } from 'node:net';

import { Injectable } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { BlindIndex } from '#platform/crypto';
import { MetricsRegistry } from '#platform/metrics';
import { Database } from '#platform/persistence';

import { RecoveryBudget } from '../../application/ports.js';

export abstract class RecoverySettings {
  /** Requests from one client address (IPv6: /64) that are looked at in an hour; each causes one mail at most. */
  abstract readonly mailsPerSource: number;
}

/** Counts in PostgreSQL, so that losing Redis forgives nobody. A window of an hour begins with its first request. */
@Injectable()
export class PostgresRecoveryBudget extends RecoveryBudget {
  #refused = 0;

  constructor(
    private readonly database: Database,
    private readonly blindIndex: BlindIndex,
    private readonly context: RequestContext,
    private readonly settings: RecoverySettings,
    metrics: MetricsRegistry,
  ) {
    super();
    // Whoever asks learns nothing of it: that everybody behind one address is silenced, operators see here alone.
    const refused = 'Requests for a link to a new password for which their source had no budget left';
    metrics.total('recovery_requests_refused_total', refused, () => this.#refused);
  }

  async claim(now: Date): Promise<boolean> {
    const ip = this.context.info?.ip;
    // Where no request asked, an operator did.
    if (ip === undefined) return true;
    const claimed = await this.database.query(
      `INSERT INTO user_service.recovery_sources AS s (source_hash, mails, expires_at)
       VALUES ($1, 1, $2::timestamptz + interval '1 hour')
       ON CONFLICT (source_hash) DO UPDATE
          SET mails = CASE WHEN s.expires_at <= $2 THEN 1 ELSE s.mails + 1 END,
              expires_at = CASE WHEN s.expires_at <= $2 THEN excluded.expires_at ELSE s.expires_at END
        WHERE s.expires_at <= $2 OR s.mails < $3
       RETURNING mails`,
      [this.blindIndex.of(`source of recovery: ${sourceOf(ip)}`), now, this.settings.mailsPerSource],
    );
    if (claimed.length === 0) this.#refused += 1;
    return claimed.length > 0;
  }
}

/** What one customer of a network owns: an IPv4 address, or an IPv6 /64. */
export function sourceOf(ip: string): string {
  const [address = ''] = ip.split('%');
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  // What `::` stands for is zeros up to the eighth group; a tail may reach into the first four.
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...(tail === undefined ? [] : zeros), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
