import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  MfaChallenges,
  MfaNotices,
  RecoveryCodes,
  TotpFactors,
  type HashedRecoveryCode,
  type MfaNotice,
  type NewChallenge,
  type OpenChallenge,
  type TotpFactor,
} from '../src/application/ports.js';
import {
  TrustedDevices,
  type NewTrust,
  type TrustedDevice,
  type TrustLimit,
  type TrustSubject,
} from '../src/application/trusted-devices.js';

interface TotpRow extends TotpFactor {
  readonly createdAt: Date;
  readonly isConfirmed: boolean;
}

export class InMemoryTotpFactors extends TotpFactors {
  readonly #rows: InMemoryTable<TotpRow>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#rows = new InMemoryTable(uow);
  }

  async propose(userId: string, id: string, secret: Uint8Array, now: Date): Promise<boolean> {
    if (this.#rows.get(userId)?.isConfirmed === true) return false;
    this.#rows.put(userId, { id, secret, lastStep: null, createdAt: now, isConfirmed: false });
    return true;
  }

  async proposed(userId: string, since: Date): Promise<TotpFactor | null> {
    const row = this.#rows.get(userId);
    return row === undefined || row.isConfirmed || row.createdAt < since ? null : factorOf(row);
  }

  async confirmed(userId: string): Promise<TotpFactor | null> {
    const row = this.#rows.get(userId);
    return row?.isConfirmed === true ? factorOf(row) : null;
  }

  async confirm(id: string, step: number): Promise<boolean> {
    return this.#change(id, ({ isConfirmed }) => !isConfirmed, step);
  }

  async spend(id: string, step: number): Promise<boolean> {
    const isFresh = ({ isConfirmed, lastStep }: TotpRow): boolean =>
      isConfirmed && (lastStep === null || lastStep < step);
    return this.#change(id, isFresh, step);
  }

  async remove(userId: string): Promise<'confirmed' | 'proposed' | 'none'> {
    const row = this.#rows.get(userId);
    this.#rows.remove(userId);
    if (row === undefined) return 'none';
    return row.isConfirmed ? 'confirmed' : 'proposed';
  }

  #change(id: string, may: (row: TotpRow) => boolean, lastStep: number): boolean {
    const [userId, row] = this.#rows.entries().find(([, one]) => one.id === id) ?? [];
    if (userId === undefined || row === undefined || !may(row)) return false;
    this.#rows.put(userId, { ...row, isConfirmed: true, lastStep });
    return true;
  }
}

function factorOf({ id, secret, lastStep }: TotpRow): TotpFactor {
  return { id, secret, lastStep };
}

type CodeRow = HashedRecoveryCode & { readonly used: boolean };

export class InMemoryRecoveryCodes extends RecoveryCodes {
  readonly #sets: InMemoryTable<readonly CodeRow[]>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#sets = new InMemoryTable(uow);
  }

  async replace(userId: string, codes: readonly HashedRecoveryCode[]): Promise<void> {
    this.#sets.put(
      userId,
      codes.map((code) => ({ ...code, used: false })),
    );
  }

  async find(userId: string, selector: string): Promise<{ readonly hash: string; readonly used: boolean } | null> {
    const row = this.#sets.get(userId)?.find((code) => code.selector === selector);
    return row === undefined ? null : { hash: row.hash, used: row.used };
  }

  async spend(userId: string, { selector, hash }: HashedRecoveryCode): Promise<number | null> {
    const codes = this.#sets.get(userId) ?? [];
    const isMeant = (code: CodeRow): boolean => code.selector === selector && code.hash === hash && !code.used;
    if (!codes.some(isMeant)) return null;
    const left = codes.map((code) => (isMeant(code) ? { ...code, used: true } : code));
    this.#sets.put(userId, left);
    return left.filter(({ used }) => !used).length;
  }
}

export class InMemoryMfaChallenges extends MfaChallenges {
  readonly #rows: InMemoryTable<NewChallenge>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#rows = new InMemoryTable(uow);
  }

  async issue(challenge: NewChallenge): Promise<void> {
    this.#rows.put(challenge.id, challenge);
  }

  async find(token: string, device: string, now: Date): Promise<OpenChallenge | null> {
    const row = this.#rows.all().find((one) => one.token === token && one.device === device && one.expiresAt > now);
    if (row === undefined) return null;
    const { id, userId, securityEpoch, continuation } = row;
    return { id, userId, securityEpoch, continuation };
  }

  async close(id: string, now: Date): Promise<boolean> {
    const row = this.#rows.get(id);
    this.#rows.remove(id);
    return row !== undefined && row.expiresAt > now;
  }
}

const MOST_DEVICES = 20;

/** Every account has the epoch 1. */
export class InMemoryTrustedDevices extends TrustedDevices {
  readonly #rows: InMemoryTable<NewTrust & { readonly lastUsedAt: Date | null }>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#rows = new InMemoryTable(uow);
  }

  async add(trust: NewTrust): Promise<void> {
    const own = this.#newestFirst(trust.userId);
    const before = own.filter(({ deviceToken }) => deviceToken === trust.deviceToken);
    const others = own.filter(({ deviceToken }) => deviceToken !== trust.deviceToken);
    for (const { id } of [...before, ...others.slice(MOST_DEVICES - 1)]) this.#rows.remove(id);
    this.#rows.put(trust.id, { ...trust, lastUsedAt: null });
  }

  async use({ userId, deviceToken, securityEpoch }: TrustSubject, limit: TrustLimit): Promise<boolean> {
    const row = this.#newestFirst(userId).find((one) => one.deviceToken === deviceToken);
    if (row?.securityEpoch !== securityEpoch || untilOf(row, limit) <= limit.now) return false;
    this.#rows.put(row.id, { ...row, lastUsedAt: limit.now });
    return true;
  }

  async listOf(userId: string, limit: TrustLimit): Promise<TrustedDevice[]> {
    const good = this.#newestFirst(userId).filter((row) => row.securityEpoch === 1 && untilOf(row, limit) > limit.now);
    return good.map((row) => {
      const { id, label, createdAt, lastUsedAt } = row;
      return { id, label, createdAt, lastUsedAt, expiresAt: untilOf(row, limit) };
    });
  }

  async remove(userId: string, id?: string): Promise<number> {
    const meant = this.#newestFirst(userId).filter((row) => id === undefined || row.id === id);
    for (const row of meant) this.#rows.remove(row.id);
    return meant.length;
  }

  #newestFirst(userId: string): (NewTrust & { readonly lastUsedAt: Date | null })[] {
    const own = this.#rows.all().filter((row) => row.userId === userId);
    return own.sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  }
}

function untilOf({ createdAt, expiresAt }: NewTrust, { mostDays }: TrustLimit): Date {
  return new Date(Math.min(expiresAt.getTime(), createdAt.getTime() + mostDays * 86_400_000));
}

const FOR_FORMER_OWNERS =
  /^mfa_(enabled|totp_removed|passkey_(added|removed)|recovery_codes_renewed|reset_(requested|approved|done))$/;

export class InMemoryMfaNotices extends MfaNotices {
  /** Users who had another address lately. */
  readonly formerOwners = new Set<string>();
  readonly #sent: InMemoryTable<readonly [string, 'owner' | 'former']>;

  constructor(
    uow: InMemoryUnitOfWork,
    private readonly users: readonly string[],
  ) {
    super();
    this.#sent = new InMemoryTable(uow);
  }

  get told(): (readonly [string, 'owner' | 'former'])[] {
    return this.#sent.all();
  }

  async send(notice: MfaNotice, userId: string): Promise<void> {
    if (!this.users.includes(userId)) return;
    this.#put([notice, 'owner']);
    if (this.formerOwners.has(userId) && FOR_FORMER_OWNERS.test(notice)) this.#put([notice, 'former']);
  }

  #put(sent: readonly [string, 'owner' | 'former']): void {
    this.#sent.put(String(this.#sent.all().length), sent);
  }
}
