import { Controller, Get, Post } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';

import {
  AcceptsForm,
  ApiProblems,
  Idempotent,
  ProblemCatalogue,
  Public,
  RequiresApiKey,
  RequiresRole,
  RequiresScope,
  routeContract,
  StepUp,
} from './index.js';

@Public()
@Controller('things')
class ThingsController {
  @Get()
  list(): void {
    return;
  }

  @Post()
  @Idempotent()
  @AcceptsForm()
  @ApiProblems('thing_taken', ['token_invalid', 400])
  create(): void {
    return;
  }
}

@RequiresScope('things:read')
@Controller('machine')
class MachineController {
  @Get()
  read(): void {
    return;
  }

  @Post()
  @RequiresApiKey()
  any(): void {
    return;
  }
}

@RequiresRole('admin')
@Controller('admin')
class AdminController {
  @Get()
  read(): void {
    return;
  }

  @Post()
  @StepUp()
  change(): void {
    return;
  }
}

const { prototype } = ThingsController;

describe('What decorators say about a route', () => {
  it('comes from the controller too', () => {
    expect(routeContract(ThingsController, prototype.list)).toEqual({
      isPublic: true,
      apiKey: undefined,
      acceptsForm: false,
      role: undefined,
      stepUp: false,
      withoutSecondFactor: false,
      isIdempotent: false,
      problems: [],
    });
  });

  it('names its body, its key and its own error codes', () => {
    expect(routeContract(ThingsController, prototype.create)).toEqual({
      isPublic: true,
      apiKey: undefined,
      acceptsForm: true,
      role: undefined,
      stepUp: false,
      withoutSecondFactor: false,
      isIdempotent: true,
      problems: ['thing_taken', ['token_invalid', 400]],
    });
  });
});

describe('A route for administrators', () => {
  const { read, change } = AdminController.prototype;

  it('wants the role of its controller, and a fresh proof where it is marked', () => {
    expect(routeContract(AdminController, read)).toMatchObject({ isPublic: false, role: 'admin', stepUp: false });
    expect(routeContract(AdminController, change)).toMatchObject({ role: 'admin', stepUp: true });
  });
});

describe('A route for services', () => {
  const { read, any } = MachineController.prototype;

  it('wants the scope of its controller, or of its own, and no bearer token', () => {
    expect(routeContract(MachineController, read)).toMatchObject({ isPublic: true, apiKey: { scope: 'things:read' } });
    expect(routeContract(MachineController, any)).toMatchObject({ isPublic: true, apiKey: { scope: undefined } });
  });
});

describe('A code that documentation names', () => {
  const text = { en: { title: 't', detail: 'd' }, ko: { title: 't', detail: 'd' } };
  const catalogue = new ProblemCatalogue([
    { token_invalid: { status: 400, ...text }, thing_taken: { status: 409, ...text } },
    { token_invalid: { status: 401, ...text } },
  ]);

  it('is found when it can only mean one entry', () => {
    expect(catalogue.entry('thing_taken').problem.status).toBe(409);
    expect(catalogue.entry('token_invalid', 401).problem.status).toBe(401);
    expect([catalogue.isAmbiguous('thing_taken'), catalogue.isAmbiguous('token_invalid')]).toEqual([false, true]);
  });

  it('is refused when it is unknown or could mean two', () => {
    expect(() => catalogue.entry('no_such_code')).toThrow('"no_such_code"');
    expect(() => catalogue.entry('token_invalid')).toThrow('2 entries');
  });
});
