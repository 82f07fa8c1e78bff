import { afterAll, beforeAll } from '@jest/globals';

import { UnitOfWork } from '#kernel';

import { OneTimeTokens } from '../../libs/identity/src/application/ports.js';
import { Email } from '../../libs/identity/src/domain/email.js';
import { FactorResets } from '../../libs/mfa/src/application/factor-resets.js';
import { MfaChallenges, MfaNotices, RecoveryCodes, TotpFactors } from '../../libs/mfa/src/application/ports.js';
import { TrustedDevices } from '../../libs/mfa/src/application/trusted-devices.js';
import { describeMfaOwnerPorts } from '../../libs/mfa/testing/mfa-owner-ports.contract.js';
import { describeMfaPorts } from '../../libs/mfa/testing/mfa-ports.contract.js';
import type { MfaPorts } from '../../libs/mfa/testing/mfa-ports.js';
import type { ReceivedMail } from '../support/mails.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const FORMER = 'former-address@example.com';
const NOTICES = {
  'Your second factors are to be reset': 'mfa_reset_requested',
  'A second factor was added': 'mfa_enabled',
  'A device is no longer': 'mfa_device_trusted',
};
const TABLES = ['mfa_factors', 'recovery_codes', 'mfa_challenges', 'mfa_resets', 'mfa_trusted_devices', 'outbox'];

let service: TestApp;
let users: string[];
let sessions: Map<string, string>;

beforeAll(async () => {
  service = await startTestApp();
  sessions = new Map();
  for (let index = 0; index < 4; index += 1) {
    const { userId, sessionId } = await service.api.signedInUser();
    sessions.set(userId, sessionId);
  }
  users = [...sessions.keys()];
});
afterAll(() => service.close());

async function postgresMfaPorts(): Promise<MfaPorts> {
  const { app, sql } = service;
  await service.mailsSent();
  const mailsBefore = new Set(await service.mails());
  await sql.query(`TRUNCATE ${TABLES.map((table) => `user_service.${table}`).join(', ')}`);
  await sql.query(`DELETE FROM user_service.one_time_tokens WHERE purpose = 'email_change_undo'`);
  const told = ({ subject, to }: ReceivedMail): readonly [string, 'owner' | 'former'] => {
    const [, notice = subject] = Object.entries(NOTICES).find(([begin]) => subject.startsWith(begin)) ?? [];
    return [notice, to === FORMER ? 'former' : 'owner'];
  };
  const uow = app.get(UnitOfWork, { strict: false });
  return {
    uow,
    totp: app.get(TotpFactors, { strict: false }),
    recoveryCodes: app.get(RecoveryCodes, { strict: false }),
    challenges: app.get(MfaChallenges, { strict: false }),
    resets: app.get(FactorResets, { strict: false }),
    devices: app.get(TrustedDevices, { strict: false }),
    notices: app.get(MfaNotices, { strict: false }),
    users: users as unknown as MfaPorts['users'],
    sessionOf: (userId) => sessions.get(userId)!,
    hadOtherAddress: () => uow.run(() => undo(users[0]!)),
    told: async () => {
      await service.mailsSent();
      return (await service.mails()).filter((mail) => !mailsBefore.has(mail)).map(told);
    },
    published: async () => {
      const rows = await sql.query<{ type: string }>(
        `SELECT payload->>'type' AS type FROM user_service.outbox WHERE topic = 'audit' AND payload->>'type' LIKE 'mfa.%'
          ORDER BY id`,
      );
      return rows.map(({ type }) => type);
    },
    close: async () => undefined,
  };
}

/** A token by which that address can take the account back. */
async function undo(userId: string): Promise<void> {
  const now = new Date();
  await service.app.get(OneTimeTokens, { strict: false }).issue({
    ...{ token: 'undo', purpose: 'email_change_undo', userId, securityEpoch: 1, address: Email.stored(FORMER) },
    ...{ registration: null, issuedAt: now, expiresAt: new Date(now.getTime() + 3_600_000) },
  });
}

describeMfaPorts('PostgreSQL', postgresMfaPorts);
describeMfaOwnerPorts('PostgreSQL', postgresMfaPorts);
