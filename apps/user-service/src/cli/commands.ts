import { parseArgs } from 'node:util';

import type { INestApplicationContext } from '@nestjs/common';

import { CreateAdmin } from '#identity';
import { DomainError } from '#kernel';

/** What a command needs from the terminal. */
export interface Terminal {
  /** One line, not echoed where it is typed. */
  readSecret(prompt: string): Promise<string>;
  print(line: string): void;
}

/** Told to the operator as it is; the command did nothing. */
export class CommandRefused extends Error {}

export interface Command {
  readonly usage: string;
  run(app: INestApplicationContext, args: readonly string[], terminal: Terminal): Promise<void>;
}

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

export const COMMANDS: Readonly<Record<string, Command>> = { 'create-admin': createAdmin };

/** One line for the operator; `undefined` for what is no refusal but a defect or an outage. */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof CommandRefused) return error.message;
  if (error instanceof DomainError) {
    const reasons = error.extensions?.['reasons'];
    return Array.isArray(reasons) ? `${error.message}: ${reasons.join(', ')}` : error.message;
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS') ? (error as Error).message : undefined;
}
