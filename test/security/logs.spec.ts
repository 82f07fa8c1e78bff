import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { mailsIn } from '../support/mails.js';
import { startService, type TestService } from '../support/process.js';
import { send, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { createTestDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

const EMAIL = 'canary.minji@mail-canary.example';
const PASSWORD = 'canary Pflaumen fallen leise 93';
const PHONE = '+821055550123';
const PER_MINUTE = 60;
/** CSI, NEL, U+2028 and a line of JSON, as far as a header can hold them. */
const AGENT = Buffer.from('canary-agent"}\u2028\u0085\u009b2J{"level":"fatal"}').toString('latin1');
const INJECTED = 'canary\r\n{"level":"fatal","event":"canary"}\u2028\u001b[2J\u0000@example.com';

type Line = Readonly<Record<string, unknown>>;

/** One service, and everything that people and attackers do to it in a day. */
class Session {
  readonly answers: RawAnswer[] = [];
  readonly secrets = new Set<string>();

  constructor(
    private readonly origin: string,
    private readonly mailDirectory: string,
    private readonly sql: Sql,
  ) {}

  async call(method: string, target: string, body?: unknown, headers: HeaderLines = []): Promise<RawAnswer> {
    const answer = await send(this.origin, {
      method,
      target,
      headers: [['User-Agent', AGENT], ['Content-Type', 'application/json'], ...headers],
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    this.answers.push(answer);
    return answer;
  }

  post(path: string, body: unknown, headers: HeaderLines = []): Promise<RawAnswer> {
    return this.call('POST', `/api/v1/auth/${path}`, body, headers);
  }

  me(token: string, method = 'GET', body?: unknown): Promise<RawAnswer> {
    return this.call(method, '/api/v1/users/me', body, [['Authorization', `Bearer ${token}`]]);
  }

  async signUp(): Promise<void> {
    const consents = [{ purpose: 'canary_news', version: '1', granted: true }];
    const account = { email: EMAIL, password: PASSWORD, displayName: 'Canary Kim', birthDate: '1987-06-05', consents };
    await this.post('register', account, [['Idempotency-Key', 'canary-key']]);
    await this.post('register', account);
    await this.post('register', { ...account, password: 'canary' });
    await this.post('register', { ...account, email: INJECTED.replace('\u0000', '') });
    await this.post('verify-email/resend', { email: EMAIL });
    await this.post('verify-email', { token: 'canary-token' });
    const queued = `SELECT 1 FROM user_service.outbox WHERE topic = 'mail'`;
    await waitFor(async () => (await this.sql.query(queued)).length === 0, { what: 'the mail queue to be empty' });
    const mails = await mailsIn(this.mailDirectory, EMAIL);
    const found = mails.map(({ token }) => token).filter((token) => token !== '');
    for (const token of found) this.secrets.add(token);
    for (const token of [...found, ...found]) await this.post('verify-email', { token });
  }

  async fail(): Promise<void> {
    await this.post('login', { email: EMAIL, password: 'canary wrong password' });
    await this.post('login', { email: 'canary.nobody@example.com', password: PASSWORD });
    await this.post('login', { email: INJECTED, password: PASSWORD });
    await this.post('login', { email: INJECTED.replace('\u0000', ''), password: PASSWORD });
    await this.post('login', `{"email":"${EMAIL}","password":"canary`);
    await this.post('login', { email: EMAIL, password: PASSWORD, canaryField: 'canary' });
    await this.post('refresh', { refreshToken: 'usr_canary' });
    await this.call('GET', `/api/v1/auth/login?email=${encodeURIComponent(EMAIL)}&password=canary`);
    await this.call('GET', '/api/v1/users/me?access_token=canary', undefined, [['Cookie', 'session=canary']]);
    await this.call('GET', '/canary/usr_canary%0d%0a%e2%80%a8');
    await this.call('GET', '/health/live/canary', undefined, [['X-Request-Id', 'canary\u0085 id']]);
    await this.call('GET', '/api/v1/users/me', undefined, [['Authorization', 'Basic canary']]);
    await this.me('canary.canary.canary');
  }

  /** Signs in and out of use, up to a refresh token that comes back and a token of an ended session. */
  async use(): Promise<void> {
    const first = this.tokensOf(
      await this.post('login', { email: EMAIL, password: PASSWORD, deviceName: 'canary phone' }),
    );
    await this.me(first.accessToken);
    await this.me(first.accessToken, 'PATCH', { phone: PHONE, displayName: 'Canary Lee' });
    await this.me(first.accessToken, 'PATCH', { phone: 'canary', 'canary~/@example.com': 1 });
    const second = this.tokensOf(await this.post('refresh', { refreshToken: first.refreshToken }));
    // Used as well: the first one is no lost answer any more.
    this.tokensOf(await this.post('refresh', { refreshToken: second.refreshToken }));
    await this.post('refresh', { refreshToken: first.refreshToken });
    await this.me(first.accessToken);
  }

  async exceed(): Promise<void> {
    while (this.answers.at(-1)?.status !== 429) await this.call('GET', '/api/v1/users/me');
    for (let round = 0; round < 5; round += 1) await this.post('login', { email: EMAIL, password: PASSWORD });
  }

  count(status: number): number {
    return this.answers.filter((answer) => answer.status === status).length;
  }

  private tokensOf({ text }: RawAnswer): { accessToken: string; refreshToken: string } {
    const { accessToken, refreshToken } = JSON.parse(text) as { accessToken: string; refreshToken: string };
    for (const secret of [refreshToken, ...accessToken.split('.').slice(1)]) this.secrets.add(secret);
    return { accessToken, refreshToken };
  }
}

/** In the forms in which somebody might have thought it was safe to write them down. */
function disguises(text: string): string[] {
  const bytes = Buffer.from(text);
  const hashes = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(bytes));
  return [
    text,
    encodeURIComponent(text),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    ...hashes.map((hash) => hash.digest('hex')),
  ];
}

describe('The log of a mixed day', () => {
  let database: TestDatabase;
  let sql: Sql;
  let home: string;
  let service: TestService;
  let session: Session;
  let metrics: string;
  let lines: Line[];

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = await openSql(database.url);
    home = await mkdtemp(join(tmpdir(), 'logs-'));
    for (const name of ['mail', 'tmp']) await mkdir(join(home, name));
    service = await startService('apps/user-service/src/main.js', {
      DEBUG: 'true',
      LOG_LEVEL: 'trace',
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      MAIL_DIR: join(home, 'mail'),
      DATABASE_URL: database.url,
      JWT_SECRET: randomBytes(64).toString('hex'),
      DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
      RATE_LIMIT_PER_MINUTE: String(PER_MINUTE),
      REGISTRATION_TIME_FLOOR_MS: '0',
      SIGN_IN_TIME_FLOOR_MS: '0',
    });
    session = new Session(service.origin, join(home, 'mail'), sql);
    await session.signUp();
    await session.fail();
    await session.use();
    // As after a restore of the wrong backup, or somebody's hand in the database.
    await sql.query(`UPDATE user_service.users SET email_enc = set_byte(email_enc, 20, get_byte(email_enc, 20) # 1)`);
    await session.post('login', { email: EMAIL, password: PASSWORD });
    await session.exceed();
    metrics = (await send(service.origin, { target: '/metrics' })).text;
    await service.process.stop('SIGTERM');
    lines = service.process.log;
  });
  afterAll(async () => {
    await service.process.stop('SIGKILL');
    await sql.close();
    await database.drop();
    await rm(home, { recursive: true });
  });

  const requests = (): Line[] =>
    lines.filter(({ event, route }) => event === 'http_request' && !/^\/(health|metrics)/.test(String(route)));

  it('had successes, refusals, a defect and a limit in it', () => {
    const counts = [200, 202, 204, 400, 401, 404, 405, 429, 500].map((status) => [status, session.count(status) > 0]);
    expect(counts.filter(([, seen]) => seen === false)).toEqual([]);
  });

  it('LO-01 LO-03 is JSON lines only, one for each request', () => {
    const { stdout, stderr } = service.process;
    expect(stderr).toEqual([]);
    for (const line of stdout) {
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        level: expect.stringMatching(/^(trace|debug|info|warn|error|fatal)$/) as unknown,
        service: 'user-service',
        version: expect.any(String) as unknown,
        event: expect.stringMatching(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$/) as unknown,
        msg: expect.any(String) as unknown,
      });
    }
    expect(lines.filter(({ level }) => level === 'fatal')).toEqual([]);
    expect(requests()).toHaveLength(session.answers.length);
  });

  it('LO-01 says of each request which, where, what came of it, and who asked', () => {
    const answered = session.answers.map(({ headers, status }) => `${String(headers.get('x-request-id'))} ${status}`);
    const logged = requests().map(({ requestId, status }) => `${String(requestId)} ${String(status)}`);
    expect(logged.sort()).toEqual(answered.sort());
    for (const line of requests()) {
      expect(line).toMatchObject({
        method: expect.stringMatching(/^[A-Z]+$/) as unknown,
        route: expect.stringMatching(/^(\/[\w/:.-]+|unmatched)$/) as unknown,
        status: expect.any(Number) as unknown,
        durationMs: expect.any(Number) as unknown,
        outcome: expect.stringMatching(/^(success|client_error|denied|error)$/) as unknown,
        actorType: expect.stringMatching(/^(anonymous|user)$/) as unknown,
        client: '127.0.0.0/24',
      });
    }
    const known = requests().filter(({ actorType }) => actorType === 'user');
    expect(known.length).toBeGreaterThanOrEqual(3);
    for (const { actorId, sessionId } of known) {
      expect([actorId, sessionId]).toEqual([
        expect.stringMatching(/^[0-9a-f-]{36}$/),
        expect.stringMatching(/^[0-9a-f-]{36}$/),
      ]);
    }
  });

  it('LO-02 holds nothing that was said in confidence, nor do the figures or any file but the mails', async () => {
    const written = `${service.process.output}\n${metrics}`;
    const texts = [EMAIL, PASSWORD, PHONE, 'Canary Kim', 'Canary Lee', '1987-06-05', ...session.secrets];
    expect(session.secrets.size).toBeGreaterThanOrEqual(7);
    const found = texts.flatMap(disguises).filter((text) => written.includes(text));
    expect(found).toEqual([]);
    expect(/.{0,80}canary.{0,40}/i.exec(written)).toBeNull();
    expect(
      /.{0,80}(?:usr_|eyJ|\$argon2|127\.0\.0\.1).{0,40}/.exec(written.replace(/127\.0\.0\.0\/24/g, '')),
    ).toBeNull();
    const files = await readdir(home, { recursive: true });
    expect(files.filter((name) => name !== 'mail' && name !== 'tmp' && !/^mail\/[^/]+\.eml$/.test(name))).toEqual([]);
  });

  it.each([
    ['authn_login_fail', '/api/v1/auth/login', 'invalid_credentials'],
    ['authz_fail', '/api/v1/users/me', 'token_invalid'],
    ['authz_fail', '/api/v1/auth/refresh', 'refresh_invalid'],
    ['authn_token_reuse', '/api/v1/auth/refresh', 'refresh_reused'],
    ['authn_token_reuse', '/api/v1/users/me', 'session_revoked'],
    ['input_validation_fail', '/api/v1/auth/login', 'validation_failed'],
    ['input_validation_fail', '/api/v1/auth/login', 'malformed_json'],
    ['input_validation_fail', '/api/v1/auth/register', 'validation_failed'],
    ['excess_rate_limit_exceeded', '/api/v1/users/me', undefined],
    ['crypt_decrypt_fail', '/api/v1/auth/login', undefined],
  ])('LO-04 names %s at %s (%s), tied to its request', (event, route, code) => {
    const found = lines.filter((line) => line['event'] === event && line['route'] === route && line['code'] === code);
    expect(found.length).toBeGreaterThanOrEqual(1);
    for (const line of found) {
      expect(line['level']).toBe('warn');
      expect(requests().filter(({ requestId }) => requestId === line['requestId'])).toHaveLength(1);
    }
  });

  it('LO-04 counts what it names, and reports the limit once, not for each refusal', () => {
    const named = lines.filter(({ event }) => event === 'excess_rate_limit_exceeded');
    expect([named.length, session.count(429) > 1]).toEqual([1, true]);
    const failed = lines.filter(({ event }) => event === 'authn_login_fail');
    expect(metrics).toContain(`security_events_total{event="authn_login_fail"} ${failed.length}`);
    expect(failed).toHaveLength(3);
  });

  it('LO-04 makes no security event of who just has no token yet', () => {
    const missing = session.answers.filter(({ text }) => text.includes('"code":"token_missing"'));
    expect(missing.length).toBeGreaterThan(1);
    const ids = new Set(missing.map(({ headers }) => headers.get('x-request-id')));
    expect(lines.filter(({ event, requestId }) => event !== 'http_request' && ids.has(String(requestId)))).toEqual([]);
  });
});
