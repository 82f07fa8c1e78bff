import type { UnitOfWork } from '#kernel';

import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import type { RefreshTokens, SessionLiveness, SessionRepository } from '../src/application/ports.js';
import { aSignedInUser, IDLE_MINUTES } from './builders.js';
import { InMemoryRefreshTokens, InMemorySessionLiveness, InMemorySessionRepository } from './in-memory-sessions.js';

/** The stores of this context together, as the contract suites exercise them. Opened, they hold nothing;
 * the account `USER_ID` of the builders exists wherever accounts are known. */
export interface SessionPorts {
  readonly uow: UnitOfWork;
  readonly sessions: SessionRepository;
  readonly liveness: SessionLiveness;
  readonly refreshTokens: RefreshTokens;
  /** Raises the epoch of the account, as a change of password does. */
  raiseEpoch(): Promise<void>;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  close(): Promise<void>;
}

export type OpenSessionPorts = () => Promise<SessionPorts>;

export async function inMemorySessionPorts(): Promise<SessionPorts> {
  const uow = new InMemoryUnitOfWork();
  let user = aSignedInUser();
  const account = (): typeof user => user;
  const sessions: InMemorySessionRepository = new InMemorySessionRepository(uow, (id) => {
    liveness.ended(id);
  });
  const liveness = new InMemorySessionLiveness(sessions, account, IDLE_MINUTES);
  return {
    uow,
    sessions,
    liveness,
    refreshTokens: new InMemoryRefreshTokens(uow, sessions, account),
    raiseEpoch: async () => {
      user = aSignedInUser({ securityEpoch: user.securityEpoch + 1 });
    },
    published: async () => uow.publishedTypes,
    close: async () => undefined,
  };
}
