import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';
import { DecryptionFailed } from '#platform/crypto';
import { SecurityLog } from '#platform/http';
import { MailQueue } from '#platform/mail';

import { SessionNotices, type SignedInUser } from '../application/ports.js';
import type { Session } from '../domain/session.js';
import { PostgresSessionDevices } from './persistence/session-devices.postgres.js';
import type { SessionTemplate } from './session-mail-templates.js';

@Injectable()
export class QueuedSessionNotices extends SessionNotices {
  constructor(
    private readonly queue: MailQueue,
    private readonly identity: IdentityApi,
    private readonly devices: PostgresSessionDevices,
    private readonly securityLog: SecurityLog,
  ) {
    super();
  }

  async evicted({ locale }: SignedInUser, session: Session): Promise<void> {
    await this.unlessSealed(() => this.enqueue('session_evicted', locale, session));
  }

  async newDevice({ locale }: SignedInUser, session: Session): Promise<void> {
    await this.unlessSealed(() => this.enqueue('session_new_device', locale, session));
  }

  async refreshReused(session: Session): Promise<void> {
    const { userId, epoch } = session.state;
    await this.unlessSealed(async () => {
      const account = await this.identity.activeAccount(userId, epoch);
      if (account !== null) await this.enqueue('session_refresh_reused', account.locale, session);
    });
  }

  private async enqueue(template: SessionTemplate, language: 'en' | 'ko', { state }: Session): Promise<void> {
    const { id, userId, userAgent, createdAt } = state;
    const name = await this.unlessSealed(() => this.devices.nameOf(userId, id));
    const data = { device: name ?? userAgent ?? '', since: createdAt.toISOString() };
    await this.queue.enqueue({ template, userId, language, data });
  }

  /** A session ends whether or not its owner's data can be read: the mail says less then, or does not leave. */
  private async unlessSealed<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DecryptionFailed)) throw error;
      this.securityLog.event('crypt_decrypt_fail', { topic: 'mail' });
      return undefined;
    }
  }
}
