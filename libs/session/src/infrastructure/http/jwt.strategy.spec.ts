import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { aSigningKey, TokenInstance, tokenSettings } from '../../../testing/token-keys.js';
import { TokenExpired, TokenInvalid } from '../../domain/errors.js';
import { JwtStrategy } from './jwt.strategy.js';

interface Verdict {
  readonly outcome: 'success' | 'fail' | 'error';
  readonly what: unknown;
}

/** Calls the strategy as passport does: on an object of its own that carries the ways out. */
function check(instance: TokenInstance, headers: readonly string[]): Promise<Verdict> {
  const strategy = new JwtStrategy(instance.verifier);
  const rawHeaders = headers.flatMap((value) => ['Authorization', value]);
  const request = { raw: { headers: { authorization: headers[0] }, rawHeaders } };
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

describe('The bearer strategy', () => {
  it.each([
    ['HS512', []],
    ['ES256', [aSigningKey('ES256', 'es-1')]],
    ['EdDSA', [aSigningKey('EdDSA', 'ed-1')]],
  ])('knows the caller by what the service signed with %s', async (_alg, signingKeys) => {
    const instance = new TokenInstance(tokenSettings({ signingKeys }));

    expect(await check(instance, [`Bearer ${instance.issue()}`])).toMatchObject({
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
  });

  it('leaves what it found good where the guard looks first', async () => {
    const instance = new TokenInstance();
    const token = instance.issue();
    const { what } = await check(instance, [`Bearer ${token}`]);

    expect(instance.verifier.recall(token)).toBe(what);
  });

  it('tells an expired token from a forged one', async () => {
    const instance = new TokenInstance();
    const token = instance.issue();
    instance.clock.advance({ days: 1 });

    expect(await check(instance, [`Bearer ${token}`])).toMatchObject({
      outcome: 'fail',
      what: expect.any(TokenExpired),
    });
    expect(await check(instance, [`Bearer ${token.slice(0, -2)}`])).toMatchObject({
      outcome: 'fail',
      what: expect.any(TokenInvalid),
    });
  });

  it('takes a token from one header of the right form and from nowhere else', async () => {
    const instance = new TokenInstance();
    const token = instance.issue();

    for (const headers of [[], [token], [`Basic ${token}`], [`Bearer ${token}`, `Bearer ${token}`]]) {
      expect(await check(instance, headers)).toMatchObject({ outcome: 'fail' });
    }
  });

  it('of one instance knows nothing of the keys of another in the same process', async () => {
    const one = new TokenInstance();
    const other = new TokenInstance(tokenSettings({ secret: 't'.repeat(64) }));
    const [tokenOfOne, tokenOfOther] = [`Bearer ${one.issue()}`, `Bearer ${other.issue()}`];

    expect(await check(one, [tokenOfOne])).toMatchObject({ outcome: 'success' });
    expect(await check(other, [tokenOfOther])).toMatchObject({ outcome: 'success' });
    expect(await check(one, [tokenOfOther])).toMatchObject({ outcome: 'fail' });
    expect(await check(other, [tokenOfOne])).toMatchObject({ outcome: 'fail' });
  });
});
