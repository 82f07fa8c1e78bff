import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';
import { BlindIndex, DataKeys } from '#platform/crypto';
import { clientNetwork } from '#platform/logging';
import { Database } from '#platform/persistence';

import { KnownDevices, type DeviceSighting, type NotedDevice } from '../../application/known-devices.js';
import { SignInSettings } from '../../application/sign-in-attempts.js';
import { hashOfDeviceToken } from './device-token.js';

const DAY_MS = 86_400_000;
// Tells people and secret scanners what they have found.
const PREFIX = 'usd_';

// A client that never shows its token is a new device each time, so its owner hears of it once. Those that came back are
// kept before those that did not; twenty are more than anybody uses.
const NOTE = `
  WITH seen AS (
    UPDATE user_service.devices SET last_seen_at = $3, expires_at = $4
     WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3 RETURNING 1
  ), others AS (
    SELECT count(*) AS known, count(*) FILTER (WHERE told AND client_hash = $6) AS alike,
           count(*) FILTER (WHERE told AND first_seen_at > $3::timestamptz - interval '1 hour') AS lately
      FROM user_service.devices WHERE user_id = $2 AND expires_at > $3
  ), added AS (
    INSERT INTO user_service.devices (token_hash, user_id, client_hash, label_enc, told, first_seen_at, last_seen_at, expires_at)
    SELECT $5, $2, $6, $7, $8 OR known > 0 AND alike = 0 AND lately < 3, $3, $3, $4 FROM others WHERE NOT EXISTS (SELECT FROM seen)
    RETURNING told
  ), forgotten AS (
    DELETE FROM user_service.devices WHERE token_hash IN (
      SELECT token_hash FROM user_service.devices WHERE user_id = $2 AND EXISTS (SELECT FROM added)
       ORDER BY last_seen_at > first_seen_at DESC, last_seen_at DESC OFFSET 19)
  )
  SELECT EXISTS (SELECT FROM seen) AS known, coalesce((SELECT told FROM added), false) AS told`;

@Injectable()
export class PostgresKnownDevices extends KnownDevices {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly blindIndex: BlindIndex,
    private readonly settings: SignInSettings,
    private readonly ids: Ids,
  ) {
    super();
  }

  async note(
    { userId, token, name, userAgent, source, isExpected = false }: DeviceSighting,
    now: Date,
  ): Promise<NotedDevice> {
    const fresh = `${PREFIX}${this.ids.secret(256)}`;
    const hash = hashOfDeviceToken(fresh);
    const client = JSON.stringify([userId, name, userAgent, source === null ? null : clientNetwork(source)]);
    const [row] = await this.database.query<{ known: boolean; told: boolean }>(NOTE, [
      ...[token === null ? null : hashOfDeviceToken(token), userId, now],
      new Date(now.getTime() + this.settings.deviceDays * DAY_MS),
      ...[hash, this.blindIndex.of(client), await this.sealed(name, userId, hash), isExpected],
    ]);
    if (row === undefined) throw new Error('Noting a device answered with nothing');
    return { token: row.known && token !== null ? token : fresh, isNews: row.told && !isExpected };
  }

  async forgetAll(userId: string): Promise<void> {
    await this.database.query('DELETE FROM user_service.devices WHERE user_id = $1', [userId]);
  }

  private async sealed(name: string | null, userId: string, hash: Buffer): Promise<Buffer | null> {
    if (name === null) return null;
    const key = await this.dataKeys.forUser(userId);
    return key.seal(name, `devices/label_enc/${hash.toString('hex')}`);
  }
}
