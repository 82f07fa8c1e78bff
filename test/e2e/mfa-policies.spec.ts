import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn } from '../support/api-client.js';
import { createApiKey } from '../support/api-keys.js';
import { expectProblem } from '../support/expectations.js';
import { enrol, eventsOf, MFA, TOTP, PATIENT } from '../support/mfa.js';
import { decodeJwt } from '../support/jwt.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');
const BOSS = 'ten thousand paper lanterns 77';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ...PATIENT, MFA_REQUIRED_ROLES: 'admin' });
});
afterAll(() => app.close());

const promote = (userId: string): Promise<unknown> =>
  app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [userId]);

describe('MF-11 An administrator without a second factor', () => {
  it('can sign in and set one up, and do nothing else until then', async () => {
    const env = { PATH: process.env['PATH'], ...app.env };
    const args = [CLI, 'create-admin', '--email', 'boss@example.com'];
    expect(spawnSync(process.execPath, args, { env, input: `${BOSS}\n` }).status).toBe(0);
    const admin = await app.api.signIn('boss@example.com', BOSS);
    const { accessToken: token } = admin;
    const calls: [string, string][] = [
      ['GET', '/api/v1/users/me'],
      ['PATCH', '/api/v1/users/me'],
      ['POST', '/api/v1/users/me/password'],
      ['GET', '/api/v1/users/me/sessions'],
      ['DELETE', '/api/v1/users/me/sessions'],
      ['GET', '/api/v1/users/me/security-log'],
      ['POST', '/api/v1/users/me/email'],
      ['POST', `/api/v1/admin/users/${admin.userId}/reset-mfa`],
    ];
    for (const [method, path] of calls) {
      const answer = await app.api.call(method, path, { token });
      expect([path, answer.status, answer.body['code']]).toEqual([path, 403, 'mfa_enrolment_required']);
    }
    const korean = await app.api.get('/api/v1/users/me', { token, headers: { 'accept-language': 'ko' } });
    expectProblem(korean, 403, 'mfa_enrolment_required');
    expect((await eventsOf(app, 'access.forbidden', admin)).at(-1)).toMatchObject({
      outcome: 'denied',
      reason: 'mfa_enrolment_required',
    });
    expect((await app.api.get(MFA, { token })).status).toBe(200);
    expect((await app.api.post('/api/v1/auth/reauthenticate', { password: BOSS }, { token })).status).toBe(200);
    expect((await app.api.refresh(admin.refreshToken)).status).toBe(200);

    await enrol(app, admin);
    // At once, in the same session.
    expect((await app.api.me(token)).body).toMatchObject({ roles: ['user', 'admin'], mfaEnabled: true });
    expect((await app.api.logout(token)).status).toBe(204);
  });

  it('is stopped within a second of becoming one, and of giving up the last factor', async () => {
    const user = await app.api.signedInUser();
    await promote(user.userId);
    const isStopped = async (): Promise<boolean> => (await app.api.me(user.accessToken)).status === 403;
    await waitFor(isStopped, { timeoutMs: 3_000 });

    await enrol(app, user);
    expect(await isStopped()).toBe(false);
    expect((await app.api.call('DELETE', TOTP, { token: user.accessToken })).status).toBe(204);
    await waitFor(isStopped, { timeoutMs: 3_000 });
  });

  it('is no administrator to other services either, until there is one', async () => {
    const user = await app.api.signedInUser();
    await promote(user.userId);
    const key = await createApiKey(app, 'tokens:introspect');
    const seenBy = async (token: string): Promise<unknown[]> => {
      const headers = { 'x-api-key': key };
      const gateway = await app.api.get('/api/v1/gateway/verify', { token, headers });
      const introspection = await fetch(`${app.url}/api/v1/oauth/introspect`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token }),
      });
      const { scope, roles } = (await introspection.json()) as { scope?: unknown; roles?: unknown };
      return [gateway.headers.get('x-user-roles'), roles ?? scope, decodeJwt(token).claims['roles']];
    };
    const admin = await app.api.signIn(user.email);
    expect(JSON.stringify(await seenBy(admin.accessToken))).not.toContain('admin');

    await enrol(app, admin);
    const refreshed = signedIn(await app.api.refresh(admin.refreshToken));
    const seen = await seenBy(refreshed.accessToken);
    expect(seen[0]).toBe('user,admin');
    expect(JSON.stringify(seen[1])).toContain('admin');
    expect(seen[2]).toEqual(['user', 'admin']);
  });

  it('is any user where the role of all users demands one, and nobody where no role does', async () => {
    const strict = await startTestApp({ MFA_REQUIRED_ROLES: 'user' }, app);
    const lax = await startTestApp({ MFA_REQUIRED_ROLES: 'none' }, app);
    try {
      const user = await app.api.signedInUser();
      expectProblem(await strict.api.me(user.accessToken), 403, 'mfa_enrolment_required');
      await promote(user.userId);
      expect((await lax.api.me(user.accessToken)).status).toBe(200);
    } finally {
      await strict.close();
      await lax.close();
    }
  });
});
