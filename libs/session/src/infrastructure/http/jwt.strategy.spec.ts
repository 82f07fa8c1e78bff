import { beforeEach, describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { FastifyRequest } from 'fastify';

import { SystemClock, SystemIds } from '#platform/system';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { forgeToken, readToken } from '../../../testing/forged-tokens.js';
import { CheckAccess } from '../../application/check-access.js';
import { SessionLiveness } from '../../application/ports.js';
import { SessionRevoked, TokenInvalid } from '../../domain/errors.js';
import { AccessTokenKey } from '../access-token-key.js';
import { JwtAccessTokenSigner } from '../access-token-signer.jwt.js';
import { JwtStrategy } from './jwt.strategy.js';

const SETTINGS = { secret: 's'.repeat(64), issuer: 'https://id.example.com', audience: 'user-service', minutes: 15 };
const SUBJECT = {
  userId: USER_ID,
  sessionId: SESSION_ID,
  roles: ['user'],
  authTime: new Date('2026-03-01T09:00:00.000Z'),
  amr: ['pwd'],
  acr: '1',
};

interface Verdict {
  readonly outcome: 'success' | 'fail' | 'error';
  readonly what: unknown;
}

class SettableLiveness extends SessionLiveness {
  answer: () => boolean = () => true;
  readonly asked: string[] = [];

  async isLive(sessionId: string): Promise<boolean> {
    this.asked.push(sessionId);
    return this.answer();
  }
}

const key = new AccessTokenKey(SETTINGS);
const signer = new JwtAccessTokenSigner(new JwtService({ secret: key.key }), key, SETTINGS, new SystemIds());
const secondsAgo = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
const good = (): string => signer.sign(SUBJECT, new Date());

describe('The bearer check', () => {
  let liveness: SettableLiveness;
  let strategy: JwtStrategy;

  beforeEach(() => {
    liveness = new SettableLiveness();
    strategy = new JwtStrategy(key, SETTINGS, new CheckAccess(liveness, new SystemClock()));
  });

  /** Calls the strategy as passport does: on an object of its own that carries the ways out. */
  function check(token: string): Promise<Verdict> {
    const authorization = `Bearer ${token}`;
    const request = { raw: { headers: { authorization }, rawHeaders: ['Authorization', authorization] } };
    return new Promise((resolve) => {
      const way = (outcome: Verdict['outcome']) => (what: unknown) => resolve({ outcome, what });
      const call = Object.assign(Object.create(strategy) as JwtStrategy, {
        success: way('success'),
        fail: way('fail'),
        error: way('error'),
      });
      call.authenticate(request as unknown as Parameters<JwtStrategy['authenticate']>[0] & FastifyRequest);
    });
  }

  /** A good token with members of header and payload exchanged, signed with the right key. */
  function altered(header: object, payload: object = {}, secret = SETTINGS.secret, hash = 'sha512'): string {
    const parts = readToken(good());
    return forgeToken({ ...parts.header, ...header }, { ...parts.payload, ...payload }, secret, hash);
  }

  it('knows who the caller is by what the service signed', async () => {
    expect(await check(good())).toEqual({
      outcome: 'success',
      what: {
        userId: USER_ID,
        sessionId: SESSION_ID,
        roles: ['user'],
        authTime: 1_772_355_600,
        amr: ['pwd'],
        acr: '1',
      },
    });
    expect(liveness.asked).toEqual([SESSION_ID]);
  });

  it('takes the same token made by hand, so that what follows fails for its own reason', async () => {
    expect(await check(altered({}))).toMatchObject({ outcome: 'success' });
  });

  it.each([
    ['TK-01 no algorithm', { alg: 'none' }],
    ['TK-01 no algorithm, in capitals', { alg: 'NONE' }],
    ['TK-01 no algorithm, mixed', { alg: 'nOnE' }],
    ['TK-01 an empty algorithm', { alg: '' }],
    ['TK-01 a missing algorithm', { alg: undefined }],
    ['TK-01 an algorithm that is a list', { alg: ['HS512'] }],
    ['TK-01 another algorithm than the kid stands for', { alg: 'HS256' }],
    ['TK-01 an asymmetric algorithm', { alg: 'RS512' }],
    ['TK-05 the type of any JWT', { typ: 'JWT' }],
    ['TK-05 no type', { typ: undefined }],
    ['TK-05 the type of an ID token', { typ: 'id+jwt' }],
    ['TK-02 a critical extension', { crit: ['exp'] }],
    ['TK-02 an empty list of critical extensions', { crit: [] }],
    ['TK-03 no kid', { kid: undefined }],
    ['TK-03 an unknown kid', { kid: 'hs512-unknown' }],
    ['TK-03 a path as kid', { kid: '../../dev/null' }],
    ['TK-03 SQL as kid', { kid: "' OR 1=1--" }],
    ['TK-03 10 kB of kid', { kid: 'k'.repeat(10_000) }],
    ['TK-03 the name of a built-in as kid', { kid: '__proto__' }],
    ['TK-03 an object as kid', { kid: {} }],
  ])('refuses %s in the header, before it looks at anything else', async (_what, header) => {
    expect(await check(altered(header))).toMatchObject({ outcome: 'fail' });
    expect(liveness.asked).toEqual([]);
  });

  it.each([
    ['an empty one', ''],
    ['that of another hash', createSignature('sha256')],
    ['that of a longer secret', createSignature('sha512', `${SETTINGS.secret}s`)],
    ['that of an empty secret', createSignature('sha512', '')],
    ['that of the kid as secret', createSignature('sha512', key.kid)],
  ])('TK-01 refuses a signature like %s', async (_what, signature) => {
    const [header, payload] = good().split('.');
    const token =
      typeof signature === 'string' ? `${header!}.${payload!}.${signature}` : signature(`${header!}.${payload!}`);

    expect(await check(token)).toMatchObject({ outcome: 'fail' });
    expect(liveness.asked).toEqual([]);
  });

  it('refuses a payload that was changed after it was signed', async () => {
    const [header, payload, signature] = good().split('.');
    const claims = { ...readToken(good()).payload, roles: ['user', 'admin'] };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');

    expect(await check(`${header!}.${payload!}.${signature!}`)).toMatchObject({ outcome: 'success' });
    expect(await check(`${header!}.${changed}.${signature!}`)).toMatchObject({ outcome: 'fail' });
  });

  it.each([
    ['jku', 'https://evil.example/jwks.json'],
    ['x5u', 'https://evil.example/cert.pem'],
    ['jwk', { kty: 'oct', k: Buffer.from('evil').toString('base64url'), alg: 'HS512' }],
    ['x5c', ['MIIB']],
  ])('TK-02 never takes a key from %s: with ours it passes, with its own it fails', async (member, value) => {
    expect(await check(altered({ [member]: value }))).toMatchObject({ outcome: 'success' });
    expect(await check(altered({ [member]: value }, {}, 'evil'))).toMatchObject({ outcome: 'fail' });
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['an issuer that begins with ours', { iss: `${SETTINGS.issuer}.evil.example` }],
    ['an issuer that ours begins with', { iss: 'https://id.example.co' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'billing' }],
    ['an audience that begins with ours', { aud: `${SETTINGS.audience}-2` }],
    ['a list of other audiences', { aud: ['billing', 'mail'] }],
    ['no audience', { aud: undefined }],
  ])('TK-06 refuses %s', async (_what, claims) => {
    expect(await check(altered({}, claims))).toMatchObject({ outcome: 'fail' });
  });

  it('TK-04 allows two clocks to differ by 30 seconds, and not by more', async () => {
    expect(await check(signer.sign(SUBJECT, secondsAgo(900 + 28)))).toMatchObject({ outcome: 'success' });
    expect(await check(signer.sign(SUBJECT, secondsAgo(900 + 32)))).toMatchObject({
      outcome: 'fail',
      what: { name: 'TokenExpiredError' },
    });
  });

  it.each([
    ['no expiry', { exp: undefined }],
    ['an expiry in text', { exp: '9999999999' }],
    ['an expiry beyond all numbers', { exp: 1e20 }],
    ['a negative expiry', { exp: -1 }],
    ['a start in the future', { nbf: Math.floor(Date.now() / 1000) + 60 }],
    ['no time of issue', { iat: undefined }],
    ['no session', { sid: undefined }],
    ['a session id that is none', { sid: "' OR 1=1--" }],
    ['a user id that is none', { sub: 'admin' }],
    ['roles in text', { roles: 'admin' }],
  ])('TK-04 refuses %s, even well signed', async (_what, claims) => {
    expect((await check(altered({}, claims))).outcome).not.toBe('success');
    expect(liveness.asked).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['one letter', 'a'],
    ['two parts', 'a.b'],
    ['three parts of nonsense', 'a.b.c'],
    ['four parts', `${good()}.x`],
    ['dots', '...'],
    ['a header that is a list', forgeToken([], {}, SETTINGS.secret)],
    ['a header that is null', forgeToken('null', {}, SETTINGS.secret)],
    ['a header that is a number', forgeToken('1', {}, SETTINGS.secret)],
    ['a header that is no JSON', forgeToken('{"alg"', {}, SETTINGS.secret)],
    ['a deeply nested header', forgeToken('['.repeat(8_000), {}, SETTINGS.secret)],
    ['a payload that is null', altered({}).replace(/\.[^.]*\./, `.${Buffer.from('null').toString('base64url')}.`)],
  ])('TK-13 refuses %s without an error of its own', async (_what, token) => {
    expect(await check(token)).toMatchObject({ outcome: 'fail' });
  });

  it('reports claims that the service never makes as an invalid token', async () => {
    expect(await check(altered({}, { sid: undefined }))).toMatchObject({
      outcome: 'error',
      what: expect.any(TokenInvalid),
    });
  });

  it('TK-11 reports an ended session as revoked', async () => {
    liveness.answer = () => false;

    expect(await check(good())).toMatchObject({ outcome: 'error', what: expect.any(SessionRevoked) });
  });

  it('reports a store that is down as what it is', async () => {
    const down = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    liveness.answer = () => {
      throw down;
    };

    expect(await check(good())).toEqual({ outcome: 'error', what: down });
  });

  function createSignature(hash: string, secret = SETTINGS.secret): (signed: string) => string {
    return (signed) => {
      const { header, payload } = readToken(`${signed}.`);
      return forgeToken(header, payload, secret, hash);
    };
  }
});
