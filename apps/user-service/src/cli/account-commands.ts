import { parseArgs } from 'node:util';

import type { INestApplicationContext } from '@nestjs/common';

import { CreateAdmin, IdentityApi, MailPasswordReset, UnlockAccount } from '#identity';

import { CommandRefused, type Command } from './command.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const createAdmin: Command = {
  usage: 'create-admin --email E    (the password is read from one line of stdin, or asked for)',
  async run(app, args, terminal) {
    const { email } = parseArgs({ args: [...args], options: { email: { type: 'string' } } }).values;
    if (email === undefined) throw new CommandRefused('--email is required');
    const password = await terminal.readSecret('Password: ');
    const created = await app.get(CreateAdmin).execute(email, password);
    if (!created) throw new CommandRefused('The address is taken; nothing was changed');
    terminal.print('The administrator can sign in now.');
  },
};

const sendPasswordReset: Command = {
  usage: 'send-password-reset --user ID | --email E    (mails a link; only the owner chooses the password)',
  async run(app, args, terminal) {
    const id = await userNamedBy(app, args);
    if (!(await app.get(MailPasswordReset).toUser(id))) {
      throw new CommandRefused('Nothing was mailed: the account is disabled, or got three links in this hour');
    }
    terminal.note('The link is on its way; the running service sends it.');
  },
};

const unlockAccount: Command = {
  usage:
    'unlock-account --user ID | --email E    (forgets the failed sign-ins that keep somebody out; the password, the ' +
    'sessions and a second factor stay as they are)',
  async run(app, args, terminal) {
    const id = await userNamedBy(app, args);
    const voided = await app.get(UnlockAccount).execute(id);
    if (voided === null) throw new CommandRefused('No such user');
    terminal.note(unlocked(voided.count, voided.wereEnough));
  },
};

function unlocked(count: number, wereEnough: boolean): string {
  const others = 'What had failed on devices that are known is forgotten as well.';
  if (count === 0) return `At the address no sign-in had failed since the last one that succeeded. ${others}`;
  const failed = count === 1 ? '1 sign-in had failed' : `${String(count)} sign-ins in a row had failed`;
  const told = wereEnough ? 'They keep this user out no longer.' : 'That had kept nobody out.';
  return `At the address ${failed}. ${told} ${others}`;
}

/** The id of the user whom `--user` or `--email` names. */
async function userNamedBy(app: INestApplicationContext, args: readonly string[]): Promise<string> {
  const options = { user: { type: 'string' }, email: { type: 'string' } } as const;
  const { user, email } = parseArgs({ args: [...args], options }).values;
  if ((user === undefined) === (email === undefined)) throw new CommandRefused('Give either --user or --email');
  return userBy(app, user === undefined ? { email: email ?? '' } : { id: user });
}

/** The id of a user. Throws `CommandRefused` when there is none. */
export async function userBy(
  app: INestApplicationContext,
  by: { readonly id: string } | { readonly email: string },
): Promise<string> {
  if ('id' in by && !UUID.test(by.id)) throw new CommandRefused('--user must be a UUID');
  const id = await app.get(IdentityApi).find('id' in by ? { id: by.id.toLowerCase() } : by);
  if (id === null) throw new CommandRefused('No such user');
  return id;
}

export const ACCOUNT_COMMANDS: Readonly<Record<string, Command>> = {
  'create-admin': createAdmin,
  'send-password-reset': sendPasswordReset,
  'unlock-account': unlockAccount,
};
