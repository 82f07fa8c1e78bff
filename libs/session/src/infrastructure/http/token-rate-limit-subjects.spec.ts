import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { TokenInstance } from '../../../testing/token-keys.js';
import type { SessionLiveness } from '../../application/ports.js';
import { TokenRateLimitSubjects } from './token-rate-limit-subjects.js';

const tokens = new TokenInstance();
const ended = new Set<string>();
const liveness = { isKnownEnded: (sessionId) => ended.has(sessionId) } as SessionLiveness;
const subjects = new TokenRateLimitSubjects(tokens.verifier, liveness);

function requestWith(...authorizations: readonly string[]): FastifyRequest {
  const rawHeaders = authorizations.flatMap((value) => ['Authorization', value]);
  return { raw: { headers: { authorization: authorizations[0] }, rawHeaders } } as unknown as FastifyRequest;
}

describe('LG-06 On whom a request with a token counts', () => {
  it('is its user, for a new token as for one that is known', () => {
    const token = tokens.issue();

    expect(subjects.of(requestWith(`Bearer ${token}`))).toBe(`user:${USER_ID}`);
    tokens.verifier.verify(token);
    expect(subjects.of(requestWith(`Bearer ${token}`))).toBe(`user:${USER_ID}`);
  });

  it('leaves it to the bearer check to remember the token', () => {
    const token = tokens.issue();
    subjects.of(requestWith(`Bearer ${token}`));

    expect(tokens.verifier.recall(token)).toBeUndefined();
  });

  it('is nobody once the session is known to have ended, so that its owner keeps what they may', () => {
    const request = requestWith(`Bearer ${tokens.issue()}`);
    expect(subjects.of(request)).toBe(`user:${USER_ID}`);
    ended.add(SESSION_ID);

    expect(subjects.of(request)).toBeUndefined();
    ended.clear();
  });

  it('is nobody for what names a user without being good', () => {
    const token = tokens.issue();
    const good = `Bearer ${token}`;
    const bad = [[], [token], [good, good], [`Basic ${token}`], [`${good.slice(0, -6)}AAAAAA`], ['Bearer rubbish']];

    for (const authorizations of bad) expect(subjects.of(requestWith(...authorizations))).toBeUndefined();
    tokens.clock.advance({ seconds: 930 });
    expect(subjects.of(requestWith(good))).toBeUndefined();
  });
});
