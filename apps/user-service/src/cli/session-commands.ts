import { parseArgs } from 'node:util';

import type { INestApplicationContext } from '@nestjs/common';

import { RevokeSessions } from '#session';

import { userBy } from './account-commands.js';
import { CommandRefused, type Command } from './command.js';

interface Choice {
  readonly user?: string | undefined;
  readonly email?: string | undefined;
  readonly all?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

const revokeSessions: Command = {
  usage:
    'revoke-sessions --user ID | --email E | --all --yes    (ends all sessions of a user, or of everybody, and prints ' +
    'how many; refused everywhere within a second)',
  async run(app, args, terminal) {
    const choice = choiceOf(args);
    const revoke = app.get(RevokeSessions);
    const ended = choice.all === true ? await revoke.ofEverybody() : await revoke.ofUser(await userOf(app, choice));
    terminal.print(String(ended));
  },
};

function choiceOf(args: readonly string[]): Choice {
  const choice: Choice = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string' },
      email: { type: 'string' },
      all: { type: 'boolean' },
      yes: { type: 'boolean' },
    },
  }).values;
  const { user, email, all, yes } = choice;
  if ([user, email, all].filter((given) => given !== undefined).length !== 1) {
    throw new CommandRefused('Give either --user, --email or --all');
  }
  if (all === true && yes !== true) throw new CommandRefused('--all signs everybody out; say --yes to mean it');
  return choice;
}

function userOf(app: INestApplicationContext, { user, email }: Choice): Promise<string> {
  return userBy(app, user === undefined ? { email: email ?? '' } : { id: user });
}

export const SESSION_COMMANDS: Readonly<Record<string, Command>> = { 'revoke-sessions': revokeSessions };
