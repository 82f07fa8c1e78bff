import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Answer, SignedIn } from '../support/api-client.js';
import { FOR_SERVICES, operationsOf, PUBLIC, type Operation } from '../support/attack-surface.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { challenge, enrolledUser, PATIENT } from '../support/mfa.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const LOGOUT = 'POST /api/v1/auth/logout';

/** All that an administrator gets an answer of who has no second factor: setting one up, proving who they are, leaving. */
const OPEN_WITHOUT_FACTOR: readonly string[] = [
  LOGOUT,
  'DELETE /api/v1/users/me/mfa/passkeys/:id',
  'DELETE /api/v1/users/me/mfa/reset',
  'DELETE /api/v1/users/me/mfa/totp',
  'GET /api/v1/users/me/mfa',
  'POST /api/v1/auth/reauthenticate',
  'POST /api/v1/auth/reauthenticate/passkey-options',
  'POST /api/v1/users/me/mfa/passkeys',
  'POST /api/v1/users/me/mfa/passkeys/options',
  'POST /api/v1/users/me/mfa/recovery-codes',
  'POST /api/v1/users/me/mfa/totp',
  'POST /api/v1/users/me/mfa/totp/confirm',
];

/** Marked with ⇧ in the contract of this API, which promises more routes than there are yet. */
const STEP_UP: readonly string[] = [
  'DELETE /api/v1/users/me',
  'DELETE /api/v1/users/me/mfa/passkeys/:id',
  'DELETE /api/v1/users/me/mfa/totp',
  'POST /api/v1/users/me/email',
  'POST /api/v1/users/me/export',
  'POST /api/v1/users/me/mfa/passkeys/options',
  'POST /api/v1/users/me/mfa/recovery-codes',
  'POST /api/v1/users/me/mfa/totp',
];
const wantsFreshProof = (name: string): boolean =>
  STEP_UP.includes(name) || (name.includes('/api/v1/admin/') && !name.startsWith('GET '));

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ...PATIENT, MFA_REQUIRED_ROLES: 'admin' });
});
afterAll(() => app.close());

/** Every route for users; whoever takes this way is signed out at its end. */
function routes(): Operation[] {
  const own = operationsOf(app).filter(({ name }) => !PUBLIC.includes(name) && !FOR_SERVICES.includes(name));
  return [...own.filter(({ name }) => name !== LOGOUT), ...own.filter(({ name }) => name === LOGOUT)];
}

async function answersTo(token: string): Promise<[name: string, answer: Answer][]> {
  const answers: [string, Answer][] = [];
  for (const { method, path, name } of routes()) answers.push([name, await app.api.call(method, path, { token })]);
  return answers;
}

const promote = async ({ userId, accessToken }: SignedIn, path: string, status: number): Promise<void> => {
  await app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
    userId,
  ]);
  const isKnown = async (): Promise<boolean> => (await app.api.get(path, { token: accessToken })).status === status;
  await waitFor(isKnown, { what: 'the role to count' });
};

describe('Every route of the service', () => {
  it('MF-11 refuses an administrator without a second factor, unless it helps to set one up', async () => {
    const admin = await app.api.signedInUser();
    await promote(admin, '/api/v1/users/me', 403);
    const open = (await answersTo(admin.accessToken)).filter(
      ([, { status, body }]) => status !== 403 || body['code'] !== 'mfa_enrolment_required',
    );

    expect(open.map(([name]) => name).sort()).toEqual([...OPEN_WITHOUT_FACTOR].sort());
  });

  it('MF-03 refuses the token between the two steps', async () => {
    const user = await enrolledUser(app);
    const answers = await answersTo(await challenge(app, user.email));

    expect(answers.length).toBeGreaterThan(20);
    for (const [name, { status, body }] of answers) {
      expect([name, status, body['code']]).toEqual([name, 401, 'token_invalid']);
    }
  });

  it('MF-09 AZ-04 wants a fresh proof where it changes what somebody is known by, or is for administrators', async () => {
    const admin = await enrolledUser(app);
    await promote(admin, `/api/v1/admin/users/${admin.userId}/reset-mfa`, 404);
    const { header, claims } = decodeJwt(admin.accessToken);
    const hoursAgo = Math.floor(Date.now() / 1_000) - 7_200;
    const stale = forgeJwt(header, { ...claims, auth_time: hoursAgo }, app.env['JWT_SECRET']!);
    const wanting = (await answersTo(stale)).filter(
      ([, { status, body }]) => status === 403 && body['code'] === 'reauthentication_required',
    );

    const due = routes().map(({ name }) => name);
    expect(wanting.map(([name]) => name)).toEqual(due.filter(wantsFreshProof));
  });
});
