import type { UnitOfWork } from '#kernel';

import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import type { ApiKeyQueries, ApiKeyRepository } from '../src/application/api-key-ports.js';
import type { OneTimeTokens, UserQueries, UserRepository } from '../src/application/ports.js';
import type { SignInAttempts } from '../src/application/sign-in-attempts.js';
import type { Consent } from '../src/domain/user.js';
import { InMemoryApiKeyQueries, InMemoryApiKeys } from './in-memory-api-keys.js';
import { signInSettings } from './fakes.js';
import { InMemorySignInAttempts } from './in-memory-sign-in-attempts.js';
import { InMemoryOneTimeTokens } from './in-memory-one-time-tokens.js';
import { InMemoryUserQueries, InMemoryUserRepository } from './in-memory-users.js';

/** The stores of this context together, as the contract suites exercise them. Empty when they are opened. */
export interface IdentityPorts {
  readonly uow: UnitOfWork;
  readonly users: UserRepository;
  readonly queries: UserQueries;
  readonly tokens: OneTimeTokens;
  readonly attempts: SignInAttempts;
  readonly apiKeys: ApiKeyRepository;
  readonly apiKeyQueries: ApiKeyQueries;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  /** Every decision that is stored of a user, oldest first. */
  consentsOf(userId: string): Promise<Consent[]>;
  close(): Promise<void>;
}

export type OpenIdentityPorts = () => Promise<IdentityPorts>;

export async function inMemoryIdentityPorts(): Promise<IdentityPorts> {
  const uow = new InMemoryUnitOfWork();
  const users = new InMemoryUserRepository(uow);
  const queries = new InMemoryUserQueries(users);
  const apiKeys = new InMemoryApiKeys(uow);
  return {
    uow,
    users,
    queries,
    attempts: new InMemorySignInAttempts(users, queries, signInSettings()),
    tokens: new InMemoryOneTimeTokens(uow),
    apiKeys,
    apiKeyQueries: new InMemoryApiKeyQueries(apiKeys),
    published: async () => uow.publishedTypes,
    consentsOf: async (userId) =>
      users.consents
        .filter((consent) => consent.userId === userId)
        .map(({ purpose, version, granted }) => ({ purpose, version, granted })),
    close: async () => undefined,
  };
}
