import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';
import { Public, type Principal } from '#platform/http';
import { SystemClock, SystemIds } from '#platform/system';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { CheckAccess } from '../../application/check-access.js';
import { SessionLiveness } from '../../application/ports.js';
import { SessionRevoked, TokenExpired, TokenInvalid, TokenMissing } from '../../domain/errors.js';
import { AccessTokenKey } from '../access-token-key.js';
import { JwtAccessTokenSigner } from '../access-token-signer.jwt.js';
import { BearerGuard } from './bearer.guard.js';
import { JwtStrategy } from './jwt.strategy.js';

const SETTINGS = { secret: 's'.repeat(64), issuer: 'https://id.example.com', audience: 'user-service', minutes: 15 };
const INFO = { requestId: 'request-1', language: 'en' } as const;

class Liveness extends SessionLiveness {
  answer: () => boolean = () => true;

  async isLive(): Promise<boolean> {
    return this.answer();
  }
}

class Routes {
  @Public()
  open(): void {
    expect(this).toBeInstanceOf(Routes);
  }

  closed(): void {
    expect(this).toBeInstanceOf(Routes);
  }
}

@Public()
class OpenRoutes {
  any(): void {
    expect(this).toBeInstanceOf(OpenRoutes);
  }
}

const key = new AccessTokenKey(SETTINGS);
const signer = new JwtAccessTokenSigner(new JwtService({ secret: key.key }), key, SETTINGS, new SystemIds());

function tokenFor(roles: readonly string[], issuedAt = new Date()): string {
  const authentication = { authTime: issuedAt, amr: ['pwd'], acr: '1' };
  return signer.sign({ userId: USER_ID, sessionId: SESSION_ID, roles, ...authentication }, issuedAt);
}

describe('The bearer guard', () => {
  const liveness = new Liveness();
  const context = new RequestContext(ClsServiceManager.getClsService());
  const guard = new BearerGuard(new Reflector(), context);
  let request: { raw: { headers: object; rawHeaders: string[] }; principal?: Principal };

  beforeEach(() => {
    liveness.answer = () => true;
    // Passport finds the strategy by its name; making one registers it.
    expect(new JwtStrategy(key, SETTINGS, new CheckAccess(liveness, new SystemClock()))).toBeDefined();
  });

  async function enter(authorization?: string, route: () => void = Routes.prototype.closed, holder: object = Routes) {
    request = {
      raw:
        authorization === undefined
          ? { headers: {}, rawHeaders: [] }
          : { headers: { authorization }, rawHeaders: ['Authorization', authorization] },
    };
    const execution = {
      getHandler: () => route,
      getClass: () => holder,
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
    } as unknown as ExecutionContext;
    return context.run(INFO, { type: 'anonymous' }, async () => ({
      entered: await guard.canActivate(execution),
      actor: context.actor,
    }));
  }

  it('lets everybody in where the route or its controller is marked as public', async () => {
    const anonymous = { entered: true, actor: { type: 'anonymous' } };

    expect(await enter(undefined, Routes.prototype.open)).toEqual(anonymous);
    expect(await enter('Bearer rubbish', Routes.prototype.open)).toEqual(anonymous);
    expect(await enter(undefined, OpenRoutes.prototype.any, OpenRoutes)).toEqual(anonymous);
  });

  it('wants a token everywhere else', async () => {
    await expect(enter()).rejects.toThrow(TokenMissing);
  });

  it('tells the route who the caller is, and the request context who acts', async () => {
    const { entered, actor } = await enter(`Bearer ${tokenFor(['user'])}`);

    expect(entered).toBe(true);
    expect(request.principal).toMatchObject({ userId: USER_ID, sessionId: SESSION_ID, roles: ['user'], acr: '1' });
    expect(actor).toEqual({ type: 'user', id: USER_ID, sessionId: SESSION_ID });
  });

  it('names an administrator as one', async () => {
    const { actor } = await enter(`Bearer ${tokenFor(['user', 'admin'])}`);

    expect(actor).toEqual({ type: 'admin', id: USER_ID, sessionId: SESSION_ID });
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic a2ltOnB3', 'Bearer a b', 'Bearer ä', 'Bearer a.b.c', 'a.b.c'])(
    'TK-13 answers %j like a forged token',
    async (authorization) => {
      await expect(enter(authorization)).rejects.toThrow(TokenInvalid);
      expect(request.principal).toBeUndefined();
    },
  );

  it('tells an expired token from a forged one', async () => {
    const old = new Date(Date.now() - 3_600_000);

    await expect(enter(`Bearer ${tokenFor(['user'], old)}`)).rejects.toThrow(TokenExpired);
    await expect(enter(`Bearer ${tokenFor(['user'], old).slice(0, -2)}`)).rejects.toThrow(TokenInvalid);
  });

  it('tells that the session has ended', async () => {
    liveness.answer = () => false;

    await expect(enter(`Bearer ${tokenFor(['user'])}`)).rejects.toThrow(SessionRevoked);
    expect(request.principal).toBeUndefined();
  });

  it.each([
    ['an error with a code', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['an error of another realm', { name: 'Error', message: 'connect', code: 'ECONNREFUSED' }],
    ['a text', 'database down'],
  ])('I9 passes %s of the check itself on, and never calls the token bad for it', async (_what, failure) => {
    liveness.answer = () => {
      throw failure as Error;
    };

    await expect(enter(`Bearer ${tokenFor(['user'])}`)).rejects.toBe(failure);
    expect(request.principal).toBeUndefined();
  });
});
