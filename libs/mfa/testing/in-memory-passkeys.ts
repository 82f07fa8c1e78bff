import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { PasskeyChallenges, Passkeys, type PasskeyPurpose } from '../src/application/passkey-ports.js';
import { Passkey, type PasskeyState } from '../src/domain/passkey.js';

const HOUR_MS = 3_600_000;

export class InMemoryPasskeys extends Passkeys {
  readonly rows: InMemoryTable<PasskeyState>;
  readonly #told: InMemoryTable<Date>;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    this.rows = new InMemoryTable(uow);
    this.#told = new InMemoryTable(uow);
  }

  async add(passkey: Passkey): Promise<boolean> {
    this.uow.assertActive();
    const { id, credentialId } = passkey.state;
    if (this.rows.all().some((row) => row.credentialId === credentialId)) return false;
    this.rows.insert(id, { ...passkey.state });
    this.uow.record(...passkey.pullEvents());
    return true;
  }

  async findForUpdate(userId: string, id: string): Promise<Passkey | null> {
    this.uow.assertActive();
    const row = this.rows.get(id);
    return row?.userId === userId ? Passkey.restore(row) : null;
  }

  async findByCredential(credentialId: string): Promise<Passkey | null> {
    const row = this.rows.all().find((one) => one.credentialId === credentialId);
    return row === undefined ? null : Passkey.restore(row);
  }

  async listOf(userId: string): Promise<Passkey[]> {
    const own = this.rows.all().filter((row) => row.userId === userId);
    own.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime() || (one.id < other.id ? -1 : 1));
    return own.map((row) => Passkey.restore(row));
  }

  async save(passkey: Passkey): Promise<void> {
    this.rows.put(passkey.state.id, { ...passkey.state });
    this.uow.record(...passkey.pullEvents());
  }

  async remove(passkey: Passkey): Promise<void> {
    this.rows.remove(passkey.state.id);
    this.uow.record(...passkey.pullEvents());
  }

  async claimNotice(id: string, now: Date): Promise<boolean> {
    this.uow.assertActive();
    const told = this.#told.get(id);
    if (told !== undefined && now.getTime() - told.getTime() < HOUR_MS) return false;
    this.#told.put(id, now);
    return true;
  }
}

interface Issued {
  readonly purpose: PasskeyPurpose;
  readonly expiresAt: Date;
}

export class InMemoryPasskeyChallenges extends PasskeyChallenges {
  readonly #open = new Map<string, Issued>();
  #issued = 0;

  async issue(purpose: PasskeyPurpose, expiresAt: Date): Promise<string> {
    if (purpose.userId !== null) this.#forget(purpose);
    const challenge = `challenge-${String((this.#issued += 1))}`;
    this.#open.set(challenge, { purpose, expiresAt });
    return challenge;
  }

  #forget({ name, userId, bond }: PasskeyPurpose): void {
    for (const [challenge, { purpose }] of this.#open) {
      if (purpose.name === name && purpose.userId === userId && purpose.bond === bond) this.#open.delete(challenge);
    }
  }

  async spend(challenge: string, { name, userId, bond }: PasskeyPurpose, now: Date): Promise<boolean> {
    const issued = this.#open.get(challenge);
    if (issued === undefined || issued.expiresAt <= now) return false;
    const { purpose } = issued;
    if (purpose.name !== name || purpose.userId !== userId || purpose.bond !== bond) return false;
    return this.#open.delete(challenge);
  }
}
