import { beforeEach, describe, expect, it } from '@jest/globals';

import { anEmail, aNewUser, aUser, USER_ID } from '../../testing/builders.js';
import { ELSEWHERE, IdentityWorld } from '../../testing/identity-world.js';
import {
  AddressTakenMeanwhile,
  EmailUnchanged,
  OneTimeTokenInvalid,
  TooManyEmailChanges,
  UserNotFound,
} from '../domain/errors.js';

const OTHER_ID = '01938a6e-0000-7000-8000-00000000bbbb';
const NEW = 'new@example.com';

let world: IdentityWorld;

beforeEach(async () => {
  world = new IdentityWorld();
  await world.store(aUser());
});

const emailOf = (id = USER_ID) => world.users.users.get(id)?.email.value;
const letters = () => world.mail.letters.map(({ kind, to }) => `${kind} ${to}`);
/** Tokens of the letters so far, in order. */
const tokens = () => world.mail.letters.map(({ token }) => token!);

describe('Asking for another address', () => {
  it('mails both, and changes nothing', async () => {
    await world.requestEmailChange.execute(USER_ID, ' NEW@example.com');

    expect(letters()).toEqual([`confirm_email_change ${NEW}`, 'email_change_requested kim@example.com']);
    expect(emailOf()).toBe('kim@example.com');
  });

  it('tells the old one alone when somebody has proven the new one', async () => {
    await world.store(aUser({ id: OTHER_ID, email: anEmail(NEW) }));
    await world.requestEmailChange.execute(USER_ID, NEW);

    expect(letters()).toEqual(['email_change_requested kim@example.com']);
  });

  it('is refused for the present one, for nobody, and the fourth time in an hour', async () => {
    const ask = (to: string, id = USER_ID) => world.requestEmailChange.execute(id, to);
    await expect(ask('KIM@example.com')).rejects.toThrow(EmailUnchanged);
    await expect(ask(NEW, OTHER_ID)).rejects.toThrow(UserNotFound);
    for (const to of ['a@x.example', 'b@x.example', 'c@x.example']) await ask(to);

    await expect(ask(NEW)).rejects.toThrow(TooManyEmailChanges);
    world.clock.advance({ hours: 1, milliseconds: 1 });
    await ask(NEW);
  });
});

describe('Confirming it', () => {
  it('needs the newest token', async () => {
    await world.requestEmailChange.execute(USER_ID, 'first@example.com');
    await world.requestEmailChange.execute(USER_ID, NEW);
    const [first, , second] = tokens() as [string, string, string];

    await expect(world.verifyEmail.execute(first)).rejects.toThrow(OneTimeTokenInvalid);
    await world.verifyEmail.execute(second);
    expect(emailOf()).toBe(NEW);
    expect(letters().at(-1)).toBe('email_changed kim@example.com');
  });

  it('makes room where nobody had proven the address, and is refused where somebody has', async () => {
    await world.requestEmailChange.execute(USER_ID, NEW);
    const [token] = tokens() as [string];
    await world.store(aNewUser({ id: OTHER_ID, email: anEmail(NEW) }));
    await world.verifyEmail.execute(token);

    expect([emailOf(), emailOf(OTHER_ID)]).toEqual([NEW, undefined]);
    expect(world.uow.published.filter(({ type }) => type === 'identity.erased')).toMatchObject([{ userId: OTHER_ID }]);

    await world.requestEmailChange.execute(USER_ID, 'later@example.com');
    const late = world.mail.letters.find(({ to }) => to === 'later@example.com')!.token!;
    await world.store(aUser({ id: OTHER_ID, email: anEmail('later@example.com') }));
    await expect(world.verifyEmail.execute(late)).rejects.toThrow(OneTimeTokenInvalid);
    expect(emailOf()).toBe(NEW);
  });

  it('looks again when somebody registers the address at that moment, three times', async () => {
    await world.requestEmailChange.execute(USER_ID, NEW);
    const [token] = tokens() as [string];
    const save = world.users.save.bind(world.users);
    let failures = 2;
    world.users.save = async (user) => {
      if (failures > 0 && user.state.email.value === NEW) {
        failures -= 1;
        throw new AddressTakenMeanwhile();
      }
      await save(user);
    };
    await world.verifyEmail.execute(token);

    expect([failures, emailOf()]).toEqual([0, NEW]);
    await world.requestEmailChange.execute(USER_ID, 'third@example.com');
    const next = world.mail.letters.find(({ to }) => to === 'third@example.com')!.token!;
    world.users.save = async () => Promise.reject(new AddressTakenMeanwhile());
    await expect(world.verifyEmail.execute(next)).rejects.toThrow(AddressTakenMeanwhile);
  });
});

describe('Taking it back', () => {
  it('brings back the address with a password that nobody knows, and mails a link to a new one', async () => {
    await world.requestEmailChange.execute(USER_ID, NEW);
    const [confirm, undo] = tokens() as [string, string];
    await world.verifyEmail.execute(confirm);
    await world.undoEmailChange.execute(undo);

    const { email, passwordHash, securityEpoch } = world.users.users.get(USER_ID)!;
    expect([email.value, securityEpoch]).toEqual(['kim@example.com', 2]);
    expect(passwordHash).not.toBe(aUser().state.passwordHash);
    expect(letters().at(-1)).toBe('reset_password kim@example.com');
    await world.resetPassword.execute(world.mail.lastToken, 'neun Quitten rollen bergab', ELSEWHERE);
    await expect(world.undoEmailChange.execute(undo)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('tells since when the account may have been in strange hands, by either notice', async () => {
    await world.requestEmailChange.execute(USER_ID, NEW);
    const askedAt = world.clock.now();
    world.clock.advance({ hours: 2 });
    await world.verifyEmail.execute(tokens()[0]!);
    world.clock.advance({ hours: 2 });
    await world.undoEmailChange.execute(world.mail.letters.find(({ kind }) => kind === 'email_changed')!.token!);

    const changed = world.uow.published.filter(({ type }) => type === 'identity.email_changed');
    expect(changed.map(({ data }) => (data as { undoneSince: unknown }).undoneSince)).toEqual([null, askedAt]);
    // The other notice is of the same change.
    await expect(world.undoEmailChange.execute(tokens()[1]!)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('leaves that of an earlier change as good as it was', async () => {
    await world.requestEmailChange.execute(USER_ID, NEW);
    await world.verifyEmail.execute(tokens()[0]!);
    const owners = tokens()[1]!;
    world.clock.advance({ minutes: 1 });
    await world.requestEmailChange.execute(USER_ID, 'second@example.com');
    await world.undoEmailChange.execute(tokens().at(-1)!);
    expect(emailOf()).toBe(NEW);

    await world.undoEmailChange.execute(owners);
    expect(emailOf()).toBe('kim@example.com');
  });

  it('hashes nothing for a token that is of no use', async () => {
    await expect(world.undoEmailChange.execute('unknown')).rejects.toThrow(OneTimeTokenInvalid);

    expect(world.hasher.hashes).toBe(0);
  });
});
