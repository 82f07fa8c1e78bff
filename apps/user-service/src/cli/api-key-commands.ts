import { parseArgs } from 'node:util';

import { CreateApiKey, ListApiKeys, RevokeApiKey } from '#identity';

import { CommandRefused, type Command } from './command.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const createApiKey: Command = {
  usage:
    'create-api-key --name N --scopes a,b [--expires-in-days D]    (prints the key, once; gateway:verify alone is ' +
    'for a gateway: any live key may ask what that asks, whatever its scopes)',
  async run(app, args, terminal) {
    const { name, scopes, ...more } = parseArgs({
      args: [...args],
      options: { name: { type: 'string' }, scopes: { type: 'string' }, 'expires-in-days': { type: 'string' } },
    }).values;
    if (name === undefined) throw new CommandRefused('--name is required');
    if (scopes === undefined) throw new CommandRefused('--scopes is required');
    const days = more['expires-in-days'];
    const created = await app.get(CreateApiKey).execute({
      name,
      scopes: scopes.split(',').map((scope) => scope.trim()),
      // What is no number is no number of days either, and refused as such.
      expiresInDays: days === undefined ? undefined : Number(days),
      createdBy: null,
    });
    const { id, scopes: granted, expiresAt } = created;
    terminal.note(`Key ${id} (${granted.join(', ')}), until ${expiresAt.toISOString()}. It is not shown again:`);
    terminal.print(created.key);
  },
};

const listApiKeys: Command = {
  usage: 'list-api-keys    (one line of JSON for each key, newest first; never a secret)',
  async run(app, args, terminal) {
    parseArgs({ args: [...args], options: {} });
    for (const key of await app.get(ListApiKeys).execute()) terminal.print(JSON.stringify(key));
  },
};

const revokeApiKey: Command = {
  usage: 'revoke-api-key --id ID | --prefix P    (refused everywhere within a second)',
  async run(app, args, terminal) {
    const options = { id: { type: 'string' }, prefix: { type: 'string' } } as const;
    const { id, prefix } = parseArgs({ args: [...args], options }).values;
    if ((id === undefined) === (prefix === undefined)) throw new CommandRefused('Give either --id or --prefix');
    if (id !== undefined && !UUID.test(id)) throw new CommandRefused('--id must be a UUID, as list-api-keys shows it');
    const revoked = await app.get(RevokeApiKey).execute(id === undefined ? { prefix: prefix ?? '' } : { id });
    terminal.note(revoked ? 'The key is revoked.' : 'The key had been revoked before; nothing was changed.');
  },
};

export const API_KEY_COMMANDS: Readonly<Record<string, Command>> = {
  'create-api-key': createApiKey,
  'list-api-keys': listApiKeys,
  'revoke-api-key': revokeApiKey,
};
