import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from '@jest/globals';

import { AUDIT } from '../../libs/audit-gateway/src/infrastructure/audit-map.js';

const REPOSITORY = join(import.meta.dirname, '../..');
const TYPES = Object.keys(AUDIT);

/** The names that were agreed on with those who read the events. */
const CATALOGUE: Readonly<Record<string, string>> = {
  identity: `registered email_verified email_change_requested email_changed profile_updated password_changed
    password_reset_requested password_reset password_rehashed account_locked account_unlocked status_changed
    roles_changed consent_granted consent_withdrawn export_requested export_downloaded erasure_requested
    erasure_cancelled erased imported`,
  session: `login_succeeded login_failed login_throttled refreshed refresh_rejected refresh_reuse_detected logged_out
    revoked evicted idle_expired reauthenticated reauthentication_failed`,
  mfa: `totp_enrolled totp_confirmed totp_removed passkey_added passkey_removed challenge_succeeded challenge_failed
    recovery_code_used recovery_codes_regenerated reset_by_admin passkey_counter_regressed
    reset_requested reset_approved reset_stopped device_trusted device_trust_ended`,
  access: `api_key_created api_key_rotated api_key_revoked api_key_rejected forbidden admin.user_viewed
    admin.users_listed internal.user_read token_introspection_denied rate_limited
    token_rejected`,
  system: `started stopped config_rejected migration_applied dead_letter_retried dead_letter_discarded retention_run
    key_rotated`,
};

/** The types of the events that the domain of a library declares. */
async function eventsNamedBy(library: string): Promise<string[]> {
  const folder = join(REPOSITORY, `libs/${library}/src/domain`);
  const files = (await readdir(folder)).filter((name) => name.endsWith('events.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return [...sources.join('\n').matchAll(/DomainEvent<\s*'(?<type>[^']+)'/g)].map(({ groups }) => groups!['type']!);
}

interface Finding {
  readonly code: string;
  readonly message: string;
}

describe('The audit map', () => {
  let findings: Readonly<Record<string, readonly Finding[]>>;

  beforeAll(async () => {
    // In a process of its own, because the compiler does not load inside Jest's modules.
    const script = join(import.meta.dirname, 'support/audit-map-trees.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script], { maxBuffer: 16 * 1024 * 1024 });
    findings = JSON.parse(stdout) as typeof findings;
  }, 120_000);

  it('compiles as it is', () => {
    expect(findings['as it is']).toEqual([]);
  });

  it.each(['identity.invented', 'session.invented'])(
    'does not compile without a decision about a new event: %s',
    (type) => {
      expect(findings[type]).toEqual([
        {
          code: 'TS2741',
          message: expect.stringContaining(`Property '"${type}"' is missing`),
        },
      ]);
    },
  );

  it('does not compile when a decision is taken away', () => {
    expect(findings['no entry']).toEqual([
      { code: 'TS2741', message: expect.stringContaining(`Property '"session.logged_out"' is missing`) },
    ]);
  });

  it('does not compile with a decision about an event that nobody publishes', () => {
    expect(findings['left over']).toEqual([
      { code: 'TS2353', message: expect.stringContaining(`'session.left_over'`) },
    ]);
  });

  it('does not compile when it reads what an event does not carry', () => {
    expect(findings['other data']).toEqual([{ code: 'TS2339', message: expect.stringContaining(`'email'`) }]);
  });

  it.each(TYPES)('knows %s by a name of the catalogue', (type) => {
    const [context, ...names] = type.split('.');

    expect(CATALOGUE[context!]?.split(/\s+/)).toContain(names.join('.'));
  });

  it.each([
    ['identity', 'identity'],
    ['session', 'session'],
    ['mfa', 'mfa'],
    ['audit-gateway', 'system'],
  ])('decides on every event that %s names, each by the name of its context', async (library, context) => {
    const named = await eventsNamedBy(library);

    expect(named.length).toBeGreaterThan(4);
    expect(TYPES).toEqual(expect.arrayContaining(named));
    expect(named.filter((type) => type.startsWith(`${context}.`)).sort()).toEqual(
      TYPES.filter((type) => type.startsWith(`${context}.`)).sort(),
    );
  });

  it('sends every event that there is: none is decided to stay', () => {
    const data = { sessionId: null, reason: 'x', generation: 1, amr: [], fields: [], added: [], removed: [] };
    const sent = Object.entries(AUDIT).filter(([, toRecord]) => (toRecord as (event: object) => unknown)({ data }));

    expect(sent.map(([type]) => type)).toEqual(TYPES);
  });
});
