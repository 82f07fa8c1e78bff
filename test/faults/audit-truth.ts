import type { SealedAuditEvent } from '#platform/audit-chain';

import type { AuditWorld } from './audit-world.js';

export interface Difference {
  readonly facts: number;
  readonly untold: readonly string[];
  readonly invented: readonly string[];
}

/** What the database holds of each kind of change, and what the Audit Service was told of it: sets that must be equal. */
export async function compareWithTruth(world: AuditWorld): Promise<Record<string, Difference>> {
  const events = await world.events();
  const told = (type: string, name: (event: SealedAuditEvent) => string): string[] =>
    events.filter((event) => event.type === type).map(name);
  const detail = (event: SealedAuditEvent, member: string): string => String(event.data.details?.[member]);
  const facts = async (sql: string): Promise<string[]> =>
    (await world.sql<{ fact: string }>(sql)).map(({ fact }) => fact);

  return {
    registrations: differ(
      await facts(`SELECT 'user/' || id AS fact FROM user_service.users`),
      told('identity.registered', ({ subject }) => String(subject)),
    ),
    sessions: differ(
      await facts('SELECT id AS fact FROM user_service.sessions'),
      told('session.login_succeeded', (event) => detail(event, 'sessionId')),
    ),
    exchanges: differ(
      await facts(
        `SELECT session_id || ' ' || generation AS fact FROM user_service.refresh_tokens WHERE generation > 1`,
      ),
      events
        .filter((event) => event.type === 'session.refreshed' && event.data.details?.['repeated'] === false)
        .map((event) => `${detail(event, 'sessionId')} ${detail(event, 'generation')}`),
    ),
    'sign-outs': differ(
      await facts(`SELECT id AS fact FROM user_service.sessions WHERE revoke_reason = 'logout'`),
      told('session.logged_out', (event) => detail(event, 'sessionId')),
    ),
    // A profile is created as version 1, proving the address makes 2 of it, and each change one more.
    profiles: differ(
      await facts(`SELECT 'user/' || id || ' ' || n AS fact
                     FROM user_service.users, generate_series(3, version) AS n WHERE email_verified_at IS NOT NULL`),
      numbered(
        told('identity.profile_updated', ({ subject }) => String(subject)),
        3,
      ),
    ),
  };
}

/** Both are bags: twice told is invented. */
function differ(facts: readonly string[], told: readonly string[]): Difference {
  const left = new Set(facts);
  const invented = told.filter((each) => !left.delete(each));
  return { facts: facts.length, untold: [...left], invented };
}

function numbered(subjects: readonly string[], first: number): string[] {
  const counts = new Map<string, number>();
  return subjects.map((subject) => {
    const number = counts.get(subject) ?? first;
    counts.set(subject, number + 1);
    return `${subject} ${number}`;
  });
}
