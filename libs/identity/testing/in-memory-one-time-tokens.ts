import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { OneTimeTokens, type OneTimePurpose, type OneTimeToken } from '../src/application/ports.js';

// More purposes will come; the store keeps them apart already.
type StoredToken = Omit<OneTimeToken, 'purpose'> & { readonly purpose: string; readonly used: boolean };

export class InMemoryOneTimeTokens extends OneTimeTokens {
  readonly #tokens: InMemoryTable<StoredToken>;

  constructor(uow: InMemoryUnitOfWork) {
    super();
    this.#tokens = new InMemoryTable(uow);
  }

  get issued(): readonly StoredToken[] {
    return this.#tokens.all();
  }

  async issue(token: OneTimeToken): Promise<void> {
    if (!this.#tokens.insert(token.token, { ...token, used: false })) throw new Error('The token exists already');
  }

  async countSince(userId: string, purpose: OneTimePurpose, since: Date): Promise<number> {
    return this.#tokens
      .all()
      .filter((token) => token.userId === userId && token.purpose === purpose && token.issuedAt > since).length;
  }

  async consume(
    token: string,
    purpose: OneTimePurpose,
    now: Date,
  ): Promise<{ userId: string; securityEpoch: number } | null> {
    const found = this.#tokens.get(token);
    if (found === undefined || found.used || found.purpose !== purpose || found.expiresAt <= now) return null;
    this.#tokens.put(token, { ...found, used: true });
    return { userId: found.userId, securityEpoch: found.securityEpoch };
  }
}
