import { describe, expect, it } from '@jest/globals';
import { APP_USER, createTestDatabase, openSql } from '../support/test-database.js';

describe('a test database', () => {
  it('has the migrated tables, belongs to the role of the service and is nobody else’s', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const sql = await openSql(one.url);
    const roles = await sql.query('SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user');
    const tables = await sql.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'user_service'",
    );
    await sql.close();
    await Promise.all([one.drop(), other.drop()]);

    expect(roles).toEqual([{ rolname: APP_USER, rolsuper: false }]);
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['users', 'sessions', 'outbox']));
    expect(one.url).not.toBe(other.url);
  });
});
