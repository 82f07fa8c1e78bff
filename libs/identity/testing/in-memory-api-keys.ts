import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  ApiKeyQueries,
  ApiKeyRepository,
  type ApiKeyListing,
  type ApiKeyName,
} from '../src/application/api-key-ports.js';
import { ApiKey, type ApiKeyState } from '../src/domain/api-key.js';

const MINUTE_MS = 60_000;

export class InMemoryApiKeys extends ApiKeyRepository {
  readonly rows: InMemoryTable<ApiKeyState>;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    this.rows = new InMemoryTable(uow);
  }

  async add(key: ApiKey): Promise<void> {
    const { id, prefix } = key.state;
    const taken = this.rows.all().some((row) => row.prefix === prefix);
    if (taken || !this.rows.insert(id, { ...key.state })) throw new Error('The key or its prefix exists already');
    this.uow.record(...key.pullEvents());
  }

  async findForUpdate(which: ApiKeyName): Promise<ApiKey | null> {
    this.uow.assertActive();
    const row = this.rows.all().find(({ id, prefix }) => ('id' in which ? id === which.id : prefix === which.prefix));
    return row === undefined ? null : ApiKey.restore(row);
  }

  async save(key: ApiKey): Promise<void> {
    const events = key.pullEvents();
    if (events.length === 0) return;
    this.rows.put(key.state.id, { ...key.state });
    this.uow.record(...events);
  }

  async touch(id: string, now: Date): Promise<void> {
    this.uow.assertActive();
    const row = this.rows.get(id);
    if (row === undefined || (row.lastUsedAt !== null && now.getTime() - row.lastUsedAt.getTime() < MINUTE_MS)) return;
    this.rows.put(id, { ...row, lastUsedAt: now });
  }
}

export class InMemoryApiKeyQueries extends ApiKeyQueries {
  constructor(private readonly keys: InMemoryApiKeys) {
    super();
  }

  async list(): Promise<ApiKeyListing[]> {
    const newestFirst = this.keys.rows.all().sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    return newestFirst.map(({ secretHash: _secretHash, ...listing }) => listing);
  }

  async byPrefix(prefix: string): Promise<ApiKeyState | null> {
    return this.keys.rows.all().find((row) => row.prefix === prefix) ?? null;
  }
}
