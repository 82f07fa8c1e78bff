import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { ToldFacts } from '../application/announce.js';

@Injectable()
export class PostgresToldFacts extends ToldFacts {
  constructor(private readonly database: Database) {
    super();
  }

  async replace(fact: string, value: string): Promise<string | null> {
    const [changed] = await this.database.query<{ before: string }>(
      `WITH before AS (
         SELECT value FROM user_service.audit_facts WHERE fact = $1 FOR UPDATE
       ), added AS (
         INSERT INTO user_service.audit_facts (fact, value) VALUES ($1, $2) ON CONFLICT DO NOTHING
       ), changed AS (
         UPDATE user_service.audit_facts SET value = $2, updated_at = now() WHERE fact = $1 AND value <> $2
       )
       SELECT value AS before FROM before WHERE value <> $2`,
      [fact, value],
    );
    return changed?.before ?? null;
  }

  async migrationsAfter(id: string | null): Promise<{ id: string; name: string }[]> {
    return this.database.query(
      // By the number, not by the text that it is given out as.
      `SELECT m.id::text AS id, name FROM user_service.migrations m WHERE m.id > coalesce($1::int, 0) ORDER BY m.id`,
      [id],
    );
  }
}
