import { afterAll, beforeAll } from '@jest/globals';

import { UnitOfWork } from '#kernel';

import { MfaAttempts } from '../../libs/mfa/src/application/ports.js';
import { describeMfaAttempts } from '../../libs/mfa/testing/mfa-attempts.contract.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let service: TestApp;
let users: string[];

beforeAll(async () => {
  service = await startTestApp();
  users = [(await service.api.signedInUser()).userId, (await service.api.signedInUser()).userId];
});
afterAll(() => service.close());

describeMfaAttempts('PostgreSQL', async () => {
  await service.sql.query('TRUNCATE user_service.mfa_attempts, user_service.mfa_session_attempts');
  const [userId, otherUserId] = users;
  return {
    uow: service.app.get(UnitOfWork, { strict: false }),
    attempts: service.app.get(MfaAttempts, { strict: false }),
    userId: userId!,
    otherUserId: otherUserId!,
    close: async () => undefined,
  };
});
