import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { OneTimeTokens, type OneTimePurpose, type OneTimeToken, type SpentToken } from '../src/application/ports.js';
import type { Email } from '../src/domain/email.js';
import type { PendingRegistration } from '../src/domain/user.js';

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

  async ownerOf(token: string, purpose: OneTimePurpose, now: Date): Promise<string | null> {
    return this.#good(token, purpose, now)?.userId ?? null;
  }

  async consume(token: string, purpose: OneTimePurpose, now: Date): Promise<SpentToken | null> {
    const found = this.#good(token, purpose, now);
    if (found === undefined) return null;
    this.#tokens.put(token, { ...found, used: true });
    const { securityEpoch, registration, address = null, issuedAt } = found;
    return { securityEpoch, registration, address, issuedAt };
  }

  async addressesOf(userId: string, purpose: OneTimePurpose, now: Date): Promise<Email[]> {
    const good = this.#tokens.all().filter((token) => token.userId === userId && token.purpose === purpose);
    const addresses = good
      .filter(({ used, expiresAt }) => !used && expiresAt > now)
      .flatMap(({ address }) => (address ? [address] : []));
    return addresses.filter(({ value }, index) => addresses.findIndex((each) => each.value === value) === index);
  }

  voidAll(userId: string, purpose: OneTimePurpose): Promise<void> {
    return this.voidSince(userId, purpose, new Date(0));
  }

  async voidSince(userId: string, purpose: OneTimePurpose, since: Date): Promise<void> {
    for (const [key, token] of this.#tokens.entries()) {
      if (token.issuedAt < since) continue;
      if (token.userId !== userId || token.purpose !== purpose) continue;
      const { address: _forgotten, ...rest } = token;
      this.#tokens.put(key, { ...rest, used: true, registration: null });
    }
  }

  async earliestRegistration(userId: string, now: Date): Promise<PendingRegistration | null> {
    const kept = this.#tokens.all().filter((token) => token.userId === userId && !token.used && token.registration);
    const working = kept.filter(({ expiresAt }) => expiresAt > now);
    const [first] = (working.length > 0 ? working : kept)
      .map(({ registration }) => registration)
      .filter((registration) => registration !== null)
      .sort((a, b) => a.signedUpAt.getTime() - b.signedUpAt.getTime());
    return first ?? null;
  }

  #good(token: string, purpose: OneTimePurpose, now: Date): StoredToken | undefined {
    const found = this.#tokens.get(token);
    return found === undefined || found.used || found.purpose !== purpose || found.expiresAt <= now ? undefined : found;
  }
}
