import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn } from '../support/api-client.js';
import { digestTraces, found, tracesOf, unfold } from '../support/canaries.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const mark = randomBytes(6).toString('hex');
const email = `canary-mail-${mark}@example.com`;
const password = `canary pässword ${mark}`;
const address = '203.0.113.77';
const personal = {
  'e-mail address': email,
  password,
  name: `카나리아 Zeisig ${mark}`,
  phone: `+8210${BigInt(`0x${mark}`).toString().slice(-9)}`,
  'device name': `Kanarien-Telefon ${mark}`,
  'user agent': `CanaryBrowser/${mark}`,
  address,
};
const hostile = [
  `'; DROP TABLE users; --`,
  '*3 $3 SET',
  'return redis.call("FLUSHALL")',
  '{tag}:*',
  '../../etc/passwd',
  '\\x00\\xff',
  'x'.repeat(300),
];

let redis: TestRedis;
let app: TestApp;
/** Every command that reached Redis, with all of its arguments. */
const seen: string[] = [];
let tokens: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis();
  const monitor = await redis.admin.monitor();
  monitor.on('monitor', (_time: string, args: string[]) => void seen.push(args.join(' ')));
  app = await startTestApp({
    REDIS_URL: redis.url,
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_PER_MINUTE: '1000',
    TRUSTED_PROXIES: '127.0.0.1',
  });
  await traffic();
  monitor.disconnect();
});

afterAll(async () => {
  await app.close();
  await redis.stop();
});

async function traffic(): Promise<void> {
  const headers = { 'x-forwarded-for': address, 'user-agent': personal['user agent'] };
  await app.api.register(email, { password, displayName: personal.name }, { headers });
  const { token: verification } = await app.mail(email);
  await app.api.verify(verification, { headers });
  const more = { deviceName: personal['device name'] };
  const first = signedIn(await app.api.login(email, password, more, { headers }));
  await app.api.me(first.accessToken, headers);
  await app.api.patchMe(first.accessToken, { phone: personal.phone }, headers);
  for (let i = 0; i < 3; i++) await app.api.me(first.accessToken, headers);
  const second = signedIn(await app.api.refresh(first.refreshToken, { headers }));
  await app.api.me(second.accessToken, headers);
  tokens = {
    verification,
    'first access token': first.accessToken,
    'first refresh token': first.refreshToken,
    'second access token': second.accessToken,
    'second refresh token': second.refreshToken,
    'user id': first.userId,
    'session id': first.sessionId,
  };
  await app.api.logout(second.accessToken);
}

async function keys(): Promise<string[]> {
  const all: string[] = [];
  for (let cursor = '0'; ;) {
    const [next, found] = await redis.admin.scan(cursor, 'COUNT', 1_000);
    all.push(...found);
    if (next === '0') return all;
    cursor = next;
  }
}

describe('DP-07 Redis after everybody went through', () => {
  it('holds keys of ours only, and each of them ends by itself', async () => {
    const all = await keys();
    expect(all.length).toBeGreaterThan(0);
    for (const key of all) {
      expect(key).toMatch(/^us:[a-z-]+:[A-Za-z0-9_-]{43}$/);
      const left = await redis.admin.pttl(key);
      expect([key, left > 0 && left <= 3_600_000]).toEqual([key, true]);
    }
  });

  it('was never told anything personal nor any credential, in no way of writing it and not as a bare digest', () => {
    const told = unfold(seen.join('\n'));
    expect(seen.some((command) => /^evalsha/i.test(command))).toBe(true);
    // Ids are names, not data: a value or a message may hold them, a key may not.
    const { 'user id': userId = '', 'session id': sessionId = '', ...credentials } = tokens;
    expect(found(tracesOf({ ...personal, ...credentials }), told)).toEqual([]);
    for (const [what, text] of Object.entries({ ...personal, ...credentials })) {
      expect(found(digestTraces(what, text), told)).toEqual([]);
    }
    expect(seen.filter((command) => new RegExp(`us:[^ ]*(${userId}|${sessionId})`).test(command))).toEqual([]);
  });

  it.each(hostile)('takes %j for an address or a browser, and nothing comes of it', async (text) => {
    await redis.admin.set('us:witness:x', 'here', 'EX', 60);
    for (const header of ['x-forwarded-for', 'user-agent', 'x-api-key']) {
      const answer = await app.api.get('/api/v1/users/me', { headers: { [header]: text } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=\d+;t=\d+$/);
    }
    expect(await redis.admin.get('us:witness:x')).toBe('here');
    const names = (await keys()).filter((key) => key !== 'us:witness:x');
    expect(names.filter((key) => !/^us:[a-z-]+:[A-Za-z0-9_-]{43}$/.test(key))).toEqual([]);
  });
});
