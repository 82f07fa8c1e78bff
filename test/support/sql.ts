import pg from 'pg';

/** One connection, for statements that a test sends past the service. */
export interface Sql {
  query<Row extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function openSql(url: string): Promise<Sql> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that a test stops ends idle connections; the next query says so, and that is enough.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
      (await client.query(sql, [...params])).rows as Row[],
    close: () => client.end(),
  };
}
