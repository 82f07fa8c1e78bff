import { randomUUID } from 'node:crypto';

import type { UnitOfWork } from '#kernel';

import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import type { FactorResets } from '../src/application/factor-resets.js';
import type { MfaChallenges, MfaNotices, RecoveryCodes, TotpFactors } from '../src/application/ports.js';
import type { TrustedDevices } from '../src/application/trusted-devices.js';
import { InMemoryFactorResets } from './in-memory-factor-resets.js';
import {
  InMemoryMfaChallenges,
  InMemoryMfaNotices,
  InMemoryRecoveryCodes,
  InMemoryTotpFactors,
  InMemoryTrustedDevices,
} from './in-memory-factors.js';

/** What second factors are kept in, as the contract suites exercise it. Empty when it is opened. */
export interface MfaPorts {
  readonly uow: UnitOfWork;
  readonly totp: TotpFactors;
  readonly recoveryCodes: RecoveryCodes;
  readonly challenges: MfaChallenges;
  readonly resets: FactorResets;
  readonly devices: TrustedDevices;
  readonly notices: MfaNotices;
  /** Four accounts that are there, of the security epoch 1. */
  readonly users: readonly [string, string, string, string];
  /** A live session of one of them. */
  sessionOf(userId: string): string;
  /** As if the first user had had another address, which can still take the account back. */
  hadOtherAddress(): Promise<void>;
  /** Notices that were sent, in order, and to which address of their owner. */
  told(): Promise<(readonly [notice: string, to: 'owner' | 'former'])[]>;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  close(): Promise<void>;
}

export type OpenMfaPorts = () => Promise<MfaPorts>;

export async function inMemoryMfaPorts(): Promise<MfaPorts> {
  const uow = new InMemoryUnitOfWork();
  const users = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const;
  const notices = new InMemoryMfaNotices(uow, users);
  return {
    uow,
    totp: new InMemoryTotpFactors(uow),
    recoveryCodes: new InMemoryRecoveryCodes(uow),
    challenges: new InMemoryMfaChallenges(uow),
    resets: new InMemoryFactorResets(uow),
    devices: new InMemoryTrustedDevices(uow),
    notices,
    users,
    sessionOf: (userId) => `session of ${userId}`,
    hadOtherAddress: async () => void notices.formerOwners.add(users[0]),
    told: async () => notices.told,
    published: async () => uow.publishedTypes,
    close: async () => undefined,
  };
}
