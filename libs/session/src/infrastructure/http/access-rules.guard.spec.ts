import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { OpenWithoutSecondFactor, Public, RequiresRole, StepUp, type Principal } from '#platform/http';

import { InMemoryUnitOfWork } from '../../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../../platform/testing/settable-clock.js';
import { sessionSettings, SESSION_ID, USER_ID } from '../../../testing/builders.js';
import { NoteForbidden } from '../../application/note-forbidden.js';
import { MfaEnrolmentRequired, ReauthenticationRequired, RoleMissing, TokenMissing } from '../../domain/errors.js';
import { AccessRulesGuard } from './access-rules.guard.js';

class Routes {
  open(): string {
    return 'open';
  }

  @OpenWithoutSecondFactor()
  enrol(): string {
    return 'enrol';
  }

  @Public()
  anybody(): string {
    return 'anybody';
  }

  @StepUp()
  fresh(): string {
    return 'fresh';
  }
}

@RequiresRole('admin')
class AdminRoutes {
  read(): string {
    return 'read';
  }

  @StepUp()
  change(): string {
    return 'change';
  }
}

const { open, enrol, anybody, fresh } = Routes.prototype;
const { read, change } = AdminRoutes.prototype;

describe('What a route wants of a user', () => {
  let uow: InMemoryUnitOfWork;
  let clock: SettableClock;
  let guard: AccessRulesGuard;

  beforeEach(() => {
    uow = new InMemoryUnitOfWork();
    clock = new SettableClock();
    guard = new AccessRulesGuard(
      new Reflector(),
      new NoteForbidden(uow, clock),
      sessionSettings({ mfaRequiredRoles: ['admin'] }),
      clock,
    );
  });

  function principal(secondsAgo: number, ...roles: string[]): Principal {
    const authTime = Math.floor(clock.now().getTime() / 1_000) - secondsAgo;
    const known = { userId: USER_ID, sessionId: SESSION_ID, amr: ['pwd'], acr: '1', accountVersion: 1 };
    return { ...known, roles, authTime, secondFactor: roles.includes('admin') ? 'proven' : 'none' };
  }

  function ask(handler: () => string, caller: Principal | undefined): boolean | Promise<boolean> {
    const request = { principal: caller, method: 'POST', routeOptions: { url: '/api/v1/things/:id' } };
    const controller = [open, enrol, anybody, fresh].includes(handler) ? Routes : AdminRoutes;
    const context = {
      getHandler: () => handler,
      getClass: () => controller,
      switchToHttp: () => ({ getRequest: () => request }),
    };
    return guard.canActivate(context as unknown as ExecutionContext);
  }

  it.each([
    ['nothing', open, 86_400, ['user']],
    ['a fresh proof, which is there', fresh, 299, ['user']],
    ['a role, which is there, however old the proof', read, 86_400, ['user', 'admin']],
    ['both, which are there', change, 0, ['user', 'admin']],
  ] as const)('lets in at once who is asked for %s', (_what, handler, secondsAgo, roles) => {
    expect(ask(handler, principal(secondsAgo, ...roles))).toBe(true);
    expect(uow.published).toEqual([]);
  });

  it('AZ-04 refuses an old proof, and leaves a trace of it', async () => {
    await expect(ask(fresh, principal(301, 'user'))).rejects.toThrow(ReauthenticationRequired);

    expect(uow.published).toEqual([
      {
        type: 'access.forbidden',
        userId: USER_ID,
        occurredAt: clock.now(),
        data: { sessionId: SESSION_ID, reason: 'reauthentication_required', route: 'POST /api/v1/things/:id' },
      },
    ]);
  });

  it('AZ-03 refuses who has not the role now, and leaves a trace of it', async () => {
    await expect(ask(read, principal(0, 'user'))).rejects.toThrow(RoleMissing);

    expect(uow.published).toMatchObject([{ type: 'access.forbidden', data: { reason: 'role_missing' } }]);
  });

  it('MF-11 lets a user whose role demands a second factor do nothing without one but set it up', async () => {
    const admin: Principal = { ...principal(0, 'user', 'admin'), secondFactor: 'none' };

    for (const handler of [open, fresh, read, change]) {
      await expect(ask(handler, admin)).rejects.toThrow(MfaEnrolmentRequired);
    }
    expect(ask(enrol, admin)).toBe(true);
    expect(uow.published).toHaveLength(4);
    expect(uow.published[0]).toMatchObject({ type: 'access.forbidden', data: { reason: 'mfa_enrolment_required' } });
    expect(ask(open, principal(0, 'user'))).toBe(true);
  });

  it('MF-11 wants the second factor proven of a user whose role demands it, fresh or not', async () => {
    const admin: Principal = { ...principal(0, 'user', 'admin'), secondFactor: 'owed' };

    await expect(ask(read, admin)).rejects.toThrow(ReauthenticationRequired);
    expect(ask(enrol, admin)).toBe(true);
  });

  it('MF-09 takes no fresh password for a fresh proof where a second factor is due', async () => {
    const halfProven: Principal = { ...principal(0, 'user'), secondFactor: 'owed' };

    await expect(ask(fresh, halfProven)).rejects.toThrow(ReauthenticationRequired);
    expect(ask(open, halfProven)).toBe(true);
  });

  it('asks nothing where anybody may come', () => {
    expect(ask(anybody, undefined)).toBe(true);
  });

  it('looks at the role before the proof', async () => {
    await expect(ask(change, principal(301, 'user'))).rejects.toThrow(RoleMissing);
    await expect(ask(change, principal(301, 'user', 'admin'))).rejects.toThrow(ReauthenticationRequired);
  });

  it('lets nobody in where no guard has found out who it is', () => {
    expect(() => ask(fresh, undefined)).toThrow(TokenMissing);
    expect(() => ask(read, undefined)).toThrow(TokenMissing);
  });

  it('answers for each route by its own marks, asked again and again', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(ask(open, principal(301, 'user'))).toBe(true);
      await expect(ask(fresh, principal(301, 'user'))).rejects.toThrow(ReauthenticationRequired);
    }
  });
});
