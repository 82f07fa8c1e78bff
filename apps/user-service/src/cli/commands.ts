import { parseArgs } from 'node:util';

import { CreateAdmin } from '#identity';
import { DomainError } from '#kernel';

import { API_KEY_COMMANDS } from './api-key-commands.js';
import { CommandRefused, type Command, type Tool } from './command.js';
import { signingKeys } from './signing-key-tool.js';
import { SESSION_COMMANDS } from './session-commands.js';

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

export const COMMANDS: Readonly<Record<string, Command>> = {
  'create-admin': createAdmin,
  ...API_KEY_COMMANDS,
  ...SESSION_COMMANDS,
};

/** Run without configuration and database. */
export const TOOLS: Readonly<Record<string, Tool>> = { 'signing-keys': signingKeys };

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
