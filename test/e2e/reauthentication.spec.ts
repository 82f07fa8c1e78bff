import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Module, Post, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';

import { RequiresRole, StepUp } from '#platform/http';
import { createLogger } from '#platform/logging';

import { AppModule } from '../../apps/user-service/src/app.module.js';
import { loadConfig } from '../../apps/user-service/src/config.js';
import { configureHttp, createHttpAdapter } from '../../apps/user-service/src/configure-http.js';
import { httpSettings } from '../../apps/user-service/src/settings.module.js';
import { ApiClient, PASSWORD, type Answer, type SignedIn } from '../support/api-client.js';
import { expectInvalid, expectMembers, expectProblem, expectUnauthorized } from '../support/expectations.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const REAUTHENTICATE = '/api/v1/auth/reauthenticate';

let app: TestApp;
let user: SignedIn & { readonly email: string };

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  user = await app.api.signedInUser();
});

function prove(body: unknown = { password: PASSWORD }, token = user.accessToken): Promise<Answer> {
  return app.api.post(REAUTHENTICATE, body, { token });
}

const authTimeOf = (token: string): number => Number(decodeJwt(token).claims['auth_time']);

/** The user's own token, as if the sign-in had been so long ago. */
function tokenFrom(secondsAgo: number, { accessToken }: SignedIn = user): string {
  const { header, claims } = decodeJwt(accessToken);
  const authTime = Math.floor(Date.now() / 1_000) - secondsAgo;
  return forgeJwt(header, { ...claims, auth_time: authTime }, app.env['JWT_SECRET']!);
}

async function events(type: string, { userId }: SignedIn = user): Promise<Record<string, unknown>[]> {
  const rows = await app.sql.query<{ data: Record<string, unknown> }>(
    `SELECT payload -> 'data' AS data FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' = $1 AND payload ->> 'subject' = $2 ORDER BY id`,
    [type, `user/${userId}`],
  );
  return rows.map(({ data }) => data);
}

describe('SE-11 Proving again who I am', () => {
  it('gives an access token of the same session with a new time of proof, and leaves the refresh token', async () => {
    await app.sql.query(`UPDATE user_service.sessions SET auth_time = auth_time - interval '1 hour' WHERE id = $1`, [
      user.sessionId,
    ]);
    const before = decodeJwt(user.accessToken).claims;
    const answer = await prove(undefined, tokenFrom(3_600));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expectMembers(answer.body, ['tokenType', 'accessToken', 'expiresIn', 'sessionId']);
    expect(answer.body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, sessionId: user.sessionId });
    const token = String(answer.body['accessToken']);
    const { claims } = decodeJwt(token);
    const { sub, sid, amr, acr, roles } = before;
    expect(claims).toMatchObject({ sub, sid, amr, acr, roles });
    expect(Math.abs(authTimeOf(token) - Date.now() / 1_000)).toBeLessThan(30);
    expect((await app.api.me(token)).status).toBe(200);
    expect((await app.api.me(user.accessToken)).status).toBe(200);
    const [event] = await events('session.reauthenticated');
    expect(event).toMatchObject({ outcome: 'success', actor: { type: 'user', sessionId: user.sessionId } });

    // SE-15: what the session knows outlives a refresh.
    const refreshed = await app.api.refresh(user.refreshToken);
    expect(refreshed.status).toBe(200);
    expect(authTimeOf(String(refreshed.body['accessToken']))).toBe(authTimeOf(token));
  });

  it('is refused for a wrong password, with a trace and without an effect', async () => {
    const korean = { token: user.accessToken, headers: { 'accept-language': 'ko' } };
    expectProblem(await prove({ password: 'not the password at all' }), 401, 'invalid_credentials');
    expectProblem(await app.api.post(REAUTHENTICATE, { password: '' }, korean), 401, 'invalid_credentials');

    const failed = await events('session.reauthentication_failed');
    expect(failed).toHaveLength(2);
    for (const event of failed) expect(event).toMatchObject({ outcome: 'failure', reason: 'wrong_password' });
    expect(await events('session.reauthenticated')).toEqual([]);
    expect((await app.api.me(user.accessToken)).status).toBe(200);
  });

  it('takes a code as well, which nobody looks at who has no second factor', async () => {
    expect((await prove({ password: PASSWORD, code: '000000' })).status).toBe(200);
    expectProblem(await prove({ password: 'wrong', code: '000000' }), 401, 'invalid_credentials');
  });

  it.each([
    [{}, '/password'],
    [{ password: 7 }, '/password'],
    [{ password: 'x'.repeat(257) }, '/password'],
    [{ password: PASSWORD, code: 123456 }, '/code'],
    [{ password: PASSWORD, sessionId: 'x' }, '/sessionId'],
  ])('refuses the body %j', async (body, pointer) => {
    expectInvalid(await prove(body), pointer);
  });

  it('wants a live session', async () => {
    expectUnauthorized(await app.api.post(REAUTHENTICATE, { password: PASSWORD }), 'token_missing');
    await app.api.logout(user.accessToken);

    expectUnauthorized(await prove(), 'session_revoked');
  });

  it('takes as long for a wrong password as a refused sign-in', async () => {
    const slow = await startTestApp({ SIGN_IN_TIME_FLOOR_MS: '700' }, app);
    try {
      const { accessToken } = await slow.api.signIn(user.email);
      const begun = performance.now();
      const answer = await slow.api.post(REAUTHENTICATE, { password: 'wrong' }, { token: accessToken });

      expect(answer.status).toBe(401);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(700);
    } finally {
      await slow.close();
    }
  });
});

class Order {
  @IsString()
  what!: string;
}

/** Routes as later ones will be marked. */
@Controller('api/v1/probe')
class ProbeController {
  @Post('fresh')
  @HttpCode(200)
  @StepUp()
  fresh(@Body() { what }: Order): unknown {
    return { what };
  }

  @Get('admin')
  @RequiresRole('admin')
  admin(): unknown {
    return {};
  }

  @Post('admin/fresh')
  @HttpCode(200)
  @RequiresRole('admin')
  @StepUp()
  both(@Body() { what }: Order): unknown {
    return { what };
  }
}

@Module({})
class ProbeModule {
  static of(service: DynamicModule): DynamicModule {
    return { module: ProbeModule, imports: [service], controllers: [ProbeController] };
  }
}

describe('A route that wants more than a good token', () => {
  let probe: NestFastifyApplication;
  let api: ApiClient;

  beforeAll(async () => {
    const config = loadConfig({ ...app.env, DOCS_ENABLED: 'false' });
    const logger = createLogger({ level: 'fatal', service: 'user-service', version: '0.0.0' });
    const module = ProbeModule.of(AppModule.forRoot(config, logger));
    probe = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(httpSettings(config)), {
      logger: false,
      abortOnError: false,
    });
    configureHttp(probe);
    await probe.listen({ port: 0, host: '127.0.0.1' });
    api = new ApiClient(await probe.getUrl(), (to, count) => app.mail(to, count));
  });
  afterAll(() => probe.close());

  const call = (path: string, token: string | undefined, body: unknown = { what: 'tea' }): Promise<Answer> =>
    api.post(`/api/v1/probe/${path}`, body, token === undefined ? {} : { token });

  it('AZ-04 lets in who proved within five minutes who they are', async () => {
    expect((await call('fresh', user.accessToken)).body).toEqual({ what: 'tea' });
    expect((await call('fresh', tokenFrom(290))).status).toBe(200);
    expect((await call('fresh', tokenFrom(-10))).status).toBe(200);
  });

  it('AZ-04 refuses an older proof until it is renewed, in both languages and with a trace', async () => {
    for (const language of ['en', 'ko']) {
      const options = { token: tokenFrom(310), headers: { 'accept-language': language } };
      expectProblem(await api.post('/api/v1/probe/fresh', { what: 'tea' }, options), 403, 'reauthentication_required');
    }
    expectProblem(await call('fresh', tokenFrom(-60)), 403, 'reauthentication_required');
    const traces = await events('access.forbidden');
    expect(traces).toHaveLength(3);
    expect(traces[0]).toMatchObject({
      outcome: 'denied',
      reason: 'reauthentication_required',
      actor: { type: 'user', id: user.userId, sessionId: user.sessionId },
      details: { sessionId: user.sessionId, route: 'POST /api/v1/probe/fresh' },
    });

    const { body } = await prove(undefined, tokenFrom(310));
    expect((await call('fresh', String(body['accessToken']))).status).toBe(200);
  });

  it('looks at the token first, then at the role, then at the proof, then at the body', async () => {
    const nonsense = '{';
    expectUnauthorized(await call('admin/fresh', undefined, nonsense), 'token_missing');
    expectUnauthorized(await call('admin/fresh', 'a.b.c', nonsense), 'token_invalid');
    expectProblem(await call('admin/fresh', tokenFrom(310), nonsense), 403, 'forbidden');
    expectProblem(await call('fresh', tokenFrom(310), nonsense), 403, 'reauthentication_required');
    expectProblem(await call('fresh', user.accessToken, nonsense), 400, 'malformed_json');
    expectInvalid(await call('fresh', user.accessToken, {}), '/what');
  });

  it('AZ-03 goes by the roles of now, and not by those that the token tells of', async () => {
    const ask = (token: string): Promise<Answer> => api.get('/api/v1/probe/admin', { token });
    const setRoles = (roles: readonly string[]): Promise<unknown> =>
      app.sql.query('UPDATE user_service.users SET roles = $2, version = version + 1 WHERE id = $1', [
        user.userId,
        roles,
      ]);
    expectProblem(await ask(user.accessToken), 403, 'forbidden');

    await setRoles(['user', 'admin']);
    await waitFor(async () => (await ask(user.accessToken)).status === 200, { timeoutMs: 3_000 });
    const admin = await app.api.signIn(user.email);
    expect(decodeJwt(admin.accessToken).claims['roles']).toEqual(['user', 'admin']);
    expect((await ask(admin.accessToken)).status).toBe(200);

    await setRoles(['user']);
    const demotedAt = performance.now();
    await waitFor(async () => (await ask(admin.accessToken)).status === 403, { timeoutMs: 3_000 });
    expect(performance.now() - demotedAt).toBeLessThan(1_500);
    expect(await events('access.forbidden')).toContainEqual(
      expect.objectContaining({ outcome: 'denied', reason: 'role_missing' }),
    );
  });
});
