import { parseArgs } from 'node:util';

import type { INestApplicationContext } from '@nestjs/common';

import { DeadLetters, DiscardDeadLetter, RetryDeadLetter } from '#audit-gateway';

import { CommandRefused, type Command } from './command.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PAGE = 100;

const NONE = 'No such dead letter; `audit dead-letters list` shows them';

const list: Command['run'] = async (app, args, terminal) => {
  parseArgs({ args: [...args], options: {} });
  for await (const letter of allLetters(app)) terminal.print(JSON.stringify(letter));
};

const show: Command['run'] = async (app, args, terminal) => {
  const found = await app.get(DeadLetters).find(idOf(args));
  if (found === null) throw new CommandRefused(NONE);
  terminal.print(JSON.stringify(found, null, 2));
};

const retry: Command['run'] = async (app, args, terminal) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { all: { type: 'boolean' } },
    allowPositionals: true,
  });
  const retryOne = app.get(RetryDeadLetter);
  if (values.all !== true) {
    if (!(await retryOne.execute(idOf(positionals)))) throw new CommandRefused(NONE);
    terminal.note('The event is sent again.');
    return;
  }
  let count = 0;
  // Those of now: what is refused once more meanwhile is a new dead letter, and comes no second time.
  const ids: string[] = [];
  for await (const { id } of allLetters(app)) ids.push(id);
  for (const id of ids) if (await retryOne.execute(id)) count += 1;
  terminal.print(String(count));
};

const discard: Command['run'] = async (app, args, terminal) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { yes: { type: 'boolean' } },
    allowPositionals: true,
  });
  const id = idOf(positionals);
  if (values.yes !== true)
    throw new CommandRefused('The Audit Service will never have this event; say --yes to mean it');
  if (!(await app.get(DiscardDeadLetter).execute(id))) throw new CommandRefused(NONE);
  terminal.note('The event is discarded.');
};

const ACTIONS: Readonly<Record<string, Command['run']>> = { list, show, retry, discard };

const deadLetters: Command = {
  usage:
    'audit dead-letters list | show ID | retry ID | retry --all | discard ID --yes    (events that the Audit Service ' +
    'refused; retrying and discarding are events themselves)',
  async run(app, args, terminal) {
    const [action = '', ...rest] = args;
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) throw new CommandRefused('Give list, show, retry or discard');
    await run(app, rest, terminal);
  },
};

async function* allLetters(
  app: INestApplicationContext,
): AsyncGenerator<Awaited<ReturnType<DeadLetters['list']>>[number]> {
  const letters = app.get(DeadLetters);
  let page = await letters.list(PAGE);
  while (page.length > 0) {
    yield* page;
    page = await letters.list(PAGE, page.at(-1)?.id);
  }
}

function idOf([id = '', ...more]: readonly string[]): string {
  if (more.length > 0 || !UUID.test(id)) throw new CommandRefused('Give the id of one dead letter');
  return id;
}

export const AUDIT_COMMANDS: Readonly<Record<string, Command>> = { 'audit dead-letters': deadLetters };
