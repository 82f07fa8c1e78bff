import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { FactorResets } from '../src/application/factor-resets.js';
import { FactorReset, type FactorResetState } from '../src/domain/factor-reset.js';

export class InMemoryFactorResets extends FactorResets {
  readonly #rows: InMemoryTable<FactorResetState>;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    this.#rows = new InMemoryTable(uow);
  }

  async findOpenForUpdate(userId: string): Promise<FactorReset | null> {
    this.uow.assertActive();
    const state = await this.openOf(userId);
    return state && FactorReset.restore(state);
  }

  async add(reset: FactorReset): Promise<void> {
    const { id, userId } = reset.state;
    if ((await this.openOf(userId)) !== null) throw new Error('There is an open one already');
    this.#rows.put(id, { ...reset.state });
    this.uow.record(...reset.pullEvents());
  }

  async save(reset: FactorReset): Promise<void> {
    this.#rows.put(reset.state.id, { ...reset.state });
    this.uow.record(...reset.pullEvents());
  }

  async openOf(userId: string): Promise<FactorResetState | null> {
    return this.#open().find((row) => row.userId === userId) ?? null;
  }

  async due(now: Date, limit: number, skip: number): Promise<string[]> {
    const due = this.#open().flatMap(({ userId, dueAt }) =>
      dueAt !== null && dueAt <= now ? [{ userId, dueAt }] : [],
    );
    due.sort((one, other) => one.dueAt.getTime() - other.dueAt.getTime());
    return due.slice(skip, skip + limit).map(({ userId }) => userId);
  }

  #open(): FactorResetState[] {
    return this.#rows.all().filter(({ endedAt }) => endedAt === null);
  }
}
