import { InMemoryTable, InMemoryUnitOfWork } from './in-memory-unit-of-work.js';
import { describeUnitOfWork } from './unit-of-work.contract.js';

describeUnitOfWork('in memory', async () => {
  const uow = new InMemoryUnitOfWork();
  const rows = new InMemoryTable<string>(uow);
  return {
    uow,
    write: async (key) => rows.put(key, key),
    written: async () => rows.all().sort(),
    published: async () => uow.publishedTypes,
    close: async () => undefined,
  };
});
