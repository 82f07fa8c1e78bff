import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser } from '../../testing/builders.js';
import { IdentityWorld } from '../../testing/identity-world.js';
import type { Email } from '../domain/email.js';
import { InvalidEmail } from '../domain/errors.js';
import { RecoveryRequests } from './ports.js';
import { RequestPasswordReset } from './request-password-reset.js';

class NotedRequests extends RecoveryRequests {
  readonly noted: string[] = [];

  async add({ value }: Email): Promise<void> {
    this.noted.push(value);
  }

  async take(): Promise<boolean> {
    return false;
  }
}

describe('RC-05 A request for a link to a new password', () => {
  let world: IdentityWorld;
  let requests: NotedRequests;
  let ask: (email: string) => Promise<void>;

  beforeEach(async () => {
    world = new IdentityWorld();
    requests = new NotedRequests();
    const { emails, budget, uow, clock } = world;
    const request = new RequestPasswordReset(emails, requests, budget, uow, clock);
    ask = (email) => request.execute(email);
    await world.store(aUser());
  });

  it('uses up what its source may ask for, whoever it is about, and is noted while something is left', async () => {
    world.budget.left = 2;
    for (const email of ['nobody@example.com', 'kim@example.com', 'kim@example.com']) await ask(email);

    expect(requests.noted).toEqual(['nobody@example.com', 'kim@example.com']);
    expect(world.mail.letters).toEqual([]);
  });

  it('costs nothing when it names no address', async () => {
    world.budget.left = 1;
    await expect(ask('nobody')).rejects.toThrow(InvalidEmail);

    expect(world.budget.left).toBe(1);
  });
});
