import type { UnitOfWork } from '#kernel';

import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import type { PasskeyChallenges, Passkeys } from '../src/application/passkey-ports.js';
import { InMemoryPasskeyChallenges, InMemoryPasskeys } from './in-memory-passkeys.js';

/** The stores of passkeys together, as the contract suite exercises them. Empty when they are opened. */
export interface PasskeyPorts {
  readonly uow: UnitOfWork;
  readonly passkeys: Passkeys;
  readonly challenges: PasskeyChallenges;
  /** Two accounts that are there. */
  readonly userId: string;
  readonly otherUserId: string;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  close(): Promise<void>;
}

export type OpenPasskeyPorts = () => Promise<PasskeyPorts>;

export async function inMemoryPasskeyPorts(): Promise<PasskeyPorts> {
  const uow = new InMemoryUnitOfWork();
  return {
    uow,
    passkeys: new InMemoryPasskeys(uow),
    challenges: new InMemoryPasskeyChallenges(),
    userId: '01938a6e-0000-7000-8000-0000000000f1',
    otherUserId: '01938a6e-0000-7000-8000-0000000000f2',
    published: async () => uow.publishedTypes,
    close: async () => undefined,
  };
}
