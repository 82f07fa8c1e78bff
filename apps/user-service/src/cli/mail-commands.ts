import { parseArgs } from 'node:util';

import { ParkedMails } from '#platform/mail';

import { CommandRefused, type Command } from './command.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NONE = 'No such mail; `mail list` shows those that were set aside';

const list: Command = {
  usage: 'mail list    (mails that could not be delivered and were set aside, one line of JSON each)',
  async run(app, args, terminal) {
    parseArgs({ args: [...args], options: {} });
    for (const mail of await app.get(ParkedMails, { strict: false }).list()) terminal.print(JSON.stringify(mail));
  },
};

const retry: Command = {
  usage: 'mail retry ID | --all    (the running service tries again for a day; prints how many)',
  async run(app, args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { all: { type: 'boolean' } },
      allowPositionals: true,
    });
    const retried = await app.get(ParkedMails, { strict: false }).retry(values.all === true ? null : idOf(positionals));
    if (retried === 0 && values.all !== true) throw new CommandRefused(NONE);
    terminal.print(String(retried));
  },
};

const discard: Command = {
  usage: 'mail discard ID --yes    (nobody will ever get it)',
  async run(app, args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { yes: { type: 'boolean' } },
      allowPositionals: true,
    });
    const id = idOf(positionals);
    if (values.yes !== true) throw new CommandRefused('Nobody will ever get this mail; say --yes to mean it');
    if (!(await app.get(ParkedMails, { strict: false }).discard(id))) throw new CommandRefused(NONE);
    terminal.note('The mail is discarded.');
  },
};

function idOf([id, ...more]: readonly string[]): string {
  if (id === undefined || more.length > 0 || !UUID.test(id)) throw new CommandRefused('Give the id of one mail');
  return id;
}

export const MAIL_COMMANDS: Readonly<Record<string, Command>> = {
  'mail list': list,
  'mail retry': retry,
  'mail discard': discard,
};
