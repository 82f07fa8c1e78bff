import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { InMemoryMfaAttempts } from './in-memory-mfa.js';
import { describeMfaAttempts } from './mfa-attempts.contract.js';

describeMfaAttempts('in memory', async () => {
  const uow = new InMemoryUnitOfWork();
  const attempts = new InMemoryMfaAttempts(uow);
  return { uow, attempts, userId: 'one', otherUserId: 'other', close: async () => undefined };
});
