import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { SequentialIds } from '../../platform/testing/sequential-ids.js';
import { SettableClock } from '../../platform/testing/settable-clock.js';
import { AddPasskey, FirstRecoveryCodes, PasskeyRegistrations } from '../src/application/add-passkey.js';
import { BeginPasskey, PasskeyOwners } from '../src/application/begin-passkey.js';
import { ProofTraces } from '../src/application/check-proof.js';
import { FactorDuty } from '../src/application/enable-factor.js';
import { PasskeyApi } from '../src/application/passkey-api.js';
import { PasskeyMethod } from '../src/application/passkey-method.js';
import {
  Holders,
  MfaFactors,
  MfaMetrics,
  MfaNotices,
  RecoveryCodeHasher,
  RecoveryCodes,
} from '../src/application/ports.js';
import { ReadPasskeyProof, SpendPasskeyProof } from '../src/application/prove-passkey.js';
import { RecoveryCodeSets } from '../src/application/recovery-code-set.js';
import { RemovePasskey } from '../src/application/remove-passkey.js';
import { FakeWebAuthn } from './fake-web-authn.js';
import { InMemoryMfaAttempts } from './in-memory-mfa.js';
import { InMemoryPasskeyChallenges, InMemoryPasskeys } from './in-memory-passkeys.js';

export const USER = '01938a6e-0000-7000-8000-0000000000f1';
export const OTHER = '01938a6e-0000-7000-8000-0000000000f2';
export const SESSION = '01938a6e-0000-7000-8000-0000000000f3';

/** Everybody has an account here; the epoch of each begins at 1. */
class FakeHolders extends Holders {
  readonly epochs = new Map<string, number>();
  readonly due = new Set<string>();

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  async emailOf(userId: string): Promise<string> {
    return `${userId.slice(-2)}@example.com`;
  }

  async isAdmin(): Promise<boolean> {
    return false;
  }

  async lock(userId: string): Promise<boolean> {
    this.uow.assertActive();
    return this.due.has(userId);
  }

  async demand(userId: string): Promise<number> {
    this.due.add(userId);
    const epoch = (this.epochs.get(userId) ?? 1) + 1;
    this.epochs.set(userId, epoch);
    return epoch;
  }

  async release(userId: string): Promise<void> {
    this.due.delete(userId);
  }
}

class PasskeysOnly extends MfaFactors {
  constructor(private readonly passkeys: InMemoryPasskeys) {
    super();
  }

  async count(userId: string): Promise<number> {
    return (await this.passkeys.listOf(userId)).length;
  }

  async removeSince(): Promise<[]> {
    return [];
  }

  async removeAll(): Promise<void> {
    // The last passkey was the last factor.
  }
}

class CountedRecoveryCodes extends RecoveryCodes {
  readonly stored = new Map<string, number>();

  async replace(userId: string, codes: readonly unknown[]): Promise<void> {
    this.stored.set(userId, codes.length);
  }

  async find(): Promise<null> {
    return null;
  }

  async spend(): Promise<null> {
    return null;
  }
}

class PlainHasher extends RecoveryCodeHasher {
  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  async hash(code: string): Promise<string> {
    this.uow.assertIdle();
    return code;
  }

  async verify(hash: string, code: string): Promise<boolean> {
    return hash === code;
  }
}

class RecordedNotices extends MfaNotices {
  readonly sent: { readonly notice: string; readonly userId: string; readonly name: string | undefined }[] = [];

  async send(notice: string, userId: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    this.sent.push({ notice, userId, name: data['name'] });
  }
}

class RecordedMetrics extends MfaMetrics {
  readonly proofs: string[] = [];

  proof(method: string | null, outcome: string): void {
    this.proofs.push(`${String(method)} ${outcome}`);
  }

  lockedOut(): void {
    // A passkey alone is not guessed.
  }
}

/** The use cases of passkeys on fakes, wired as the module wires them. */
export class PasskeyWorld {
  readonly clock = new SettableClock();
  readonly ids = new SequentialIds();
  readonly uow = new InMemoryUnitOfWork();
  readonly webAuthn = new FakeWebAuthn();
  readonly passkeys = new InMemoryPasskeys(this.uow);
  readonly challenges = new InMemoryPasskeyChallenges();
  readonly holders = new FakeHolders(this.uow);
  readonly notices = new RecordedNotices();
  readonly recoveryCodes = new CountedRecoveryCodes();
  readonly metrics = new RecordedMetrics();
  readonly begin: BeginPasskey;
  readonly addPasskey: AddPasskey;
  readonly removePasskey: RemovePasskey;
  readonly method: PasskeyMethod;
  readonly api: PasskeyApi;

  constructor() {
    const { clock, ids, uow, webAuthn, passkeys, challenges, holders, notices } = this;
    const factors = new PasskeysOnly(passkeys);
    const duty = new FactorDuty(holders, factors, notices);
    const sets = new RecoveryCodeSets(ids, new PlainHasher(uow));
    const read = new ReadPasskeyProof(webAuthn, passkeys);
    const spend = new SpendPasskeyProof(passkeys, challenges, notices, clock);
    this.begin = new BeginPasskey(webAuthn, new PasskeyOwners(passkeys, holders), challenges, clock);
    this.addPasskey = new AddPasskey(
      new PasskeyRegistrations(webAuthn, challenges, ids, clock),
      passkeys,
      duty,
      new FirstRecoveryCodes(factors, sets, this.recoveryCodes),
      uow,
    );
    this.removePasskey = new RemovePasskey(passkeys, duty, notices, uow, clock);
    this.method = new PasskeyMethod(read, spend);
    const traces = new ProofTraces(new InMemoryMfaAttempts(uow), notices, this.metrics, uow, clock);
    this.api = new PasskeyApi(this.begin, read, spend, uow, traces);
  }
}
