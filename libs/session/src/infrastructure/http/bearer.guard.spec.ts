import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';
import { Public, type Principal } from '#platform/http';

import { SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { TokenInstance, tokenSettings } from '../../../testing/token-keys.js';
import type { CheckAccess } from '../../application/check-access.js';
import { SessionRevoked, TokenExpired, TokenInvalid, TokenMissing } from '../../domain/errors.js';
import { BearerGuard } from './bearer.guard.js';
import { JwtStrategy } from './jwt.strategy.js';

const INFO = { requestId: 'request-1', language: 'en' } as const;

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

/** What the session of a token is found to be. */
const standing = (...roles: string[]) => ({ state: 'live', userId: USER_ID, roles, accountVersion: 7 });

interface Request {
  readonly raw: { headers: object; rawHeaders: string[] };
  principal?: Principal;
}

/** One instance with its guard, and what the session of every token answers. */
class World {
  readonly tokens: TokenInstance;
  readonly strategy: JwtStrategy;
  readonly guard: BearerGuard;
  readonly context = new RequestContext(ClsServiceManager.getClsService());
  /** Session ids in the order in which they were looked at. */
  readonly asked: string[] = [];
  session: () => unknown = () => Promise.resolve(standing('user'));

  constructor(secret = 's'.repeat(64)) {
    this.tokens = new TokenInstance(tokenSettings({ secret }));
    this.strategy = new JwtStrategy(this.tokens.verifier);
    const checkAccess = {
      execute: (sessionId: string) => {
        this.asked.push(sessionId);
        return this.session();
      },
    } as CheckAccess;
    this.guard = new BearerGuard(new Reflector(), this.context, this.tokens.verifier, checkAccess, this.strategy);
  }

  /** What the guard answers, before anybody waits for it. */
  ask(request: Request, route: () => void = Routes.prototype.closed, holder: object = Routes): unknown {
    const execution = {
      getHandler: () => route,
      getClass: () => holder,
      getArgByIndex: (index: number) => [request, {}][index],
      switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
    } as unknown as ExecutionContext;
    return this.guard.canActivate(execution);
  }

  enter(request: Request, route?: () => void, holder?: object) {
    return this.context.run(INFO, { type: 'anonymous' }, async () => ({
      entered: await this.ask(request, route, holder),
      actor: this.context.actor,
    }));
  }
}

function requestWith(authorization?: string): Request {
  if (authorization === undefined) return { raw: { headers: {}, rawHeaders: [] } };
  return { raw: { headers: { authorization }, rawHeaders: ['Authorization', authorization] } };
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe('The bearer guard', () => {
  it('lets everybody in where the route or its controller is marked as public', async () => {
    const anonymous = { entered: true, actor: { type: 'anonymous' } };

    for (let round = 0; round < 2; round += 1) {
      expect(await world.enter(requestWith(), Routes.prototype.open)).toEqual(anonymous);
      expect(await world.enter(requestWith('Bearer rubbish'), Routes.prototype.open)).toEqual(anonymous);
      expect(await world.enter(requestWith(), OpenRoutes.prototype.any, OpenRoutes)).toEqual(anonymous);
    }
  });

  it('wants a token everywhere else', async () => {
    for (let round = 0; round < 2; round += 1) await expect(world.enter(requestWith())).rejects.toThrow(TokenMissing);
  });

  it('takes the mark of the controller that was asked for, whichever inherits the handler as well', async () => {
    const { any } = OpenRoutes.prototype;
    for (let round = 0; round < 2; round += 1) {
      expect(await world.enter(requestWith(), any, OpenRoutes)).toMatchObject({ entered: true });
      await expect(world.enter(requestWith(), any, Routes)).rejects.toThrow(TokenMissing);
    }
  });

  it('tells the route who the caller is, and the request context who acts', async () => {
    const authorization = `Bearer ${world.tokens.issue()}`;
    for (let round = 0; round < 2; round += 1) {
      const request = requestWith(authorization);
      const { entered, actor } = await world.enter(request);

      expect(entered).toBe(true);
      expect(request.principal).toMatchObject({ userId: USER_ID, sessionId: SESSION_ID, roles: ['user'], acr: '1' });
      expect(actor).toEqual({ type: 'user', id: USER_ID, sessionId: SESSION_ID });
    }
  });

  it('tells people apart who come at the same moment, and answers each of them', async () => {
    const people = [SESSION_ID, '01938a6e-7f00-7abc-8def-0123456789ac', '01938a6e-7f00-7abc-8def-0123456789ad'];
    const requests = people.map((sessionId) => requestWith(`Bearer ${world.tokens.issue({ sessionId })}`));
    const forged = requestWith('Bearer a.b.c');
    const refused = expect(world.enter(forged)).rejects.toThrow(TokenInvalid);

    const answers = await Promise.all(requests.map((request) => world.enter(request)));

    await refused;
    expect(answers.map(({ actor }) => actor)).toEqual(
      people.map((sessionId) => ({ type: 'user', id: USER_ID, sessionId })),
    );
    expect(requests.map(({ principal }) => principal?.sessionId)).toEqual(people);
  });

  it('SE-14 takes the roles that the account has now, whatever the token says', async () => {
    const request = requestWith(`Bearer ${world.tokens.issue({ roles: ['user'] })}`);
    world.session = () => standing('user', 'admin');
    const { actor } = await world.enter(request);

    expect(actor).toEqual({ type: 'admin', id: USER_ID, sessionId: SESSION_ID });
    expect(request.principal).toMatchObject({ roles: ['user', 'admin'], accountVersion: 7 });
    const former = requestWith(`Bearer ${world.tokens.issue({ roles: ['user', 'admin'] })}`);
    world.session = () => standing('user');
    expect((await world.enter(former)).actor).toMatchObject({ type: 'user' });
    expect(former.principal).toMatchObject({ roles: ['user'] });
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic a2ltOnB3', 'Bearer a b', 'Bearer ä', 'Bearer a.b.c', 'a.b.c'])(
    'TK-13 answers %j like a forged token, and asks for no session',
    async (authorization) => {
      const request = requestWith(authorization);

      await expect(world.enter(request)).rejects.toThrow(TokenInvalid);
      expect(request.principal).toBeUndefined();
      expect(world.asked).toEqual([]);
    },
  );

  it('tells an expired token from a forged one, and asks for the session of neither', async () => {
    const token = world.tokens.issue();
    world.tokens.clock.advance({ days: 1 });

    await expect(world.enter(requestWith(`Bearer ${token}`))).rejects.toThrow(TokenExpired);
    await expect(world.enter(requestWith(`Bearer ${token.slice(0, -2)}`))).rejects.toThrow(TokenInvalid);
    expect(world.asked).toEqual([]);
  });

  it.each([
    [
      'at once',
      () => {
        throw new SessionRevoked();
      },
    ],
    ['later', () => Promise.reject(new SessionRevoked())],
  ])('TK-11 tells %s that the session has ended, however good the token is', async (_when, session) => {
    const authorization = `Bearer ${world.tokens.issue()}`;
    await world.enter(requestWith(authorization));
    world.session = session;

    const request = requestWith(authorization);
    await expect(world.enter(request)).rejects.toThrow(SessionRevoked);
    expect(request.principal).toBeUndefined();
    expect(world.asked).toEqual([SESSION_ID, SESSION_ID]);
  });

  it.each([
    ['an error with a code', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['an error of another realm', { name: 'Error', message: 'connect', code: 'ECONNREFUSED' }],
    ['a text', 'database down'],
  ])('I9 passes %s of the check itself on, and never calls the token bad for it', async (_what, failure) => {
    world.session = () => {
      throw failure as Error;
    };
    const authorization = `Bearer ${world.tokens.issue()}`;

    for (let round = 0; round < 2; round += 1) {
      const request = requestWith(authorization);
      await expect(world.enter(request)).rejects.toBe(failure);
      expect(request.principal).toBeUndefined();
    }
  });
});

describe('The bearer guard, for a token it knows', () => {
  it('does not trouble passport again', async () => {
    const authenticate = jest.spyOn(world.strategy, 'authenticate');
    const authorization = `Bearer ${world.tokens.issue()}`;
    for (let round = 0; round < 3; round += 1) await world.enter(requestWith(authorization));

    expect(authenticate).toHaveBeenCalledTimes(1);
    expect(world.asked).toHaveLength(3);
  });

  it('answers without a promise when the session needs none', async () => {
    const request = requestWith(`Bearer ${world.tokens.issue()}`);
    await world.enter(request);
    world.session = () => standing('user');

    expect(world.context.run(INFO, { type: 'anonymous' }, () => world.ask(request))).toBe(true);
  });

  it('asks for a token that ended meanwhile like for any other', async () => {
    const authorization = `Bearer ${world.tokens.issue()}`;
    await world.enter(requestWith(authorization));
    world.tokens.clock.advance({ seconds: 930 });

    await expect(world.enter(requestWith(authorization))).rejects.toThrow(TokenExpired);
  });

  it('is asked by the keys of its own instance, whatever others there are in the process', async () => {
    const other = new World('t'.repeat(64));

    expect(await world.enter(requestWith(`Bearer ${world.tokens.issue()}`))).toMatchObject({ entered: true });
    expect(await other.enter(requestWith(`Bearer ${other.tokens.issue()}`))).toMatchObject({ entered: true });
    await expect(world.enter(requestWith(`Bearer ${other.tokens.issue()}`))).rejects.toThrow(TokenInvalid);
  });
});
