import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { CommandRefused } from './command.js';
import { refusalOf } from './commands.js';
import { signingKeys } from './signing-key-tool.js';

interface Keys {
  readonly keys: readonly Readonly<Record<string, string | readonly string[]>>[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signing-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const isFile = (name: string): boolean => /^[\w/]+(\.json|-file)$/.test(name);

/** Runs the command, with names of files in the folder; what it printed, and what it told beside. */
async function run(...args: readonly string[]): Promise<{ out: string; note: string }> {
  const told = { out: '', note: '' };
  await signingKeys.run(
    args.map((name) => (isFile(name) ? at(name) : name)),
    {
      readSecret: async () => '',
      print: (line) => void (told.out += line),
      note: (line) => void (told.note += line),
    },
  );
  return told;
}

const setIn = async (name: string): Promise<Keys> => JSON.parse(await readFile(at(name), 'utf8')) as Keys;
const step = async (name: string, from: string, to: string): Promise<string> =>
  (await run('rotate', '--step', name, '--in', from, '--out', to)).note;

/** Kid and permission of each key, which is all that a step changes. */
const roles = ({ keys }: Keys): unknown[] => keys.map(({ kid, key_ops }) => [kid, key_ops]);

describe('signing-keys', () => {
  it.each([
    ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
    ['ES256', { kty: 'EC', crv: 'P-256' }],
  ])('generates a key of %s under its thumbprint, another one each time', async (alg, kind) => {
    const { out, note } = await run('generate', '--alg', alg);
    const { keys } = JSON.parse(out) as Keys;

    expect([note, keys.length]).toEqual(['', 1]);
    expect(keys[0]).toMatchObject({ ...kind, alg, use: 'sig', d: expect.any(String) });
    expect(keys[0]!['kid']).toBe(await calculateJwkThumbprint(keys[0]!));
    expect((await run('generate', '--alg', alg)).out).not.toBe(out);
  });

  it('takes the three steps of a rotation, each into a new file that only its owner reads', async () => {
    await writeFile(at('0.json'), (await run('generate', '--alg', 'ES256')).out);
    const words = [
      await step('publish', '0.json', '1.json'),
      await step('sign', '1.json', '2.json'),
      await step('retire', '2.json', '3.json'),
    ];
    const [before, published, signing, retired] = await Promise.all(
      ['0', '1', '2', '3'].map((name) => setIn(`${name}.json`)),
    );
    const [old, next] = published!.keys.map(({ kid }) => kid);

    expect(roles(before!)).toEqual([[old, undefined]]);
    expect(roles(published!)).toEqual([
      [old, undefined],
      [next, ['verify']],
    ]);
    expect(roles(signing!)).toEqual([
      [next, undefined],
      [old, ['verify']],
    ]);
    expect(roles(retired!)).toEqual([[next, undefined]]);
    expect(retired!.keys[0]).toMatchObject({ alg: 'EdDSA' });
    for (const name of ['1.json', '2.json', '3.json']) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    expect(words.join('\n')).toMatch(/20 minutes[^]*16 minutes[^]*complete/);
    for (const { d } of published!.keys) expect(words.join('\n')).not.toContain(d);
  });

  it.each([
    ['no action', [], 'takes generate or rotate'],
    ['an unknown action', ['destroy'], 'takes generate or rotate'],
    ['another algorithm', ['generate', '--alg', 'RS256'], '--alg must be EdDSA or ES256'],
    ['an unknown step', ['rotate', '--step', 'jump', '--out', 'x.json'], '--step must be one of publish, sign, retire'],
    ['no file to write', ['rotate', '--step', 'publish'], '--out is required'],
    ['a file that is not there', ['rotate', '--step', 'sign', '--in', 'no-file', '--out', 'x.json'], 'cannot be read'],
    ['a set that is none', ['rotate', '--step', 'sign', '--in', 'bad.json', '--out', 'x.json'], 'JSON Web Key set'],
    ['a file that is there', ['rotate', '--step', 'publish', '--in', 'one.json', '--out', 'two.json'], 'a new file'],
    ['a folder that is not there', ['rotate', '--step', 'publish', '--out', 'none/x.json'], 'a new file'],
    ['a first step that is not the first', ['rotate', '--step', 'sign', '--out', 'x.json'], 'no set of keys'],
    ['nothing to sign with', ['rotate', '--step', 'sign', '--in', 'one.json', '--out', 'x.json'], 'publish a new one'],
    ['nothing to retire', ['rotate', '--step', 'retire', '--in', 'one.json', '--out', 'x.json'], 'no key beside'],
    ['a step too early', ['rotate', '--step', 'retire', '--in', 'first.json', '--out', 'x.json'], 'no key beside'],
    ['two rotations at once', ['rotate', '--step', 'publish', '--in', 'two.json', '--out', 'x.json'], 'under way'],
  ])('refuses %s in one line, and writes nothing', async (_what, args, reason) => {
    await writeFile(at('bad.json'), '{"keys":["canary"]}');
    await writeFile(at('one.json'), (await run('generate')).out);
    for (const name of ['first.json', 'two.json']) await rm(at(name), { force: true });
    await run('rotate', '--step', 'publish', '--out', 'first.json');
    await step('publish', 'one.json', 'two.json');
    const two = await readFile(at('two.json'), 'utf8');

    const error: unknown = await run(...args).then(
      () => new CommandRefused('nothing was refused'),
      (refusal: unknown) => refusal,
    );

    expect(refusalOf(error)).toContain(reason);
    expect(refusalOf(error)).not.toMatch(/canary|\n/);
    expect(await readFile(at('two.json'), 'utf8')).toBe(two);
    await expect(stat(at('x.json'))).rejects.toThrow('ENOENT');
  });
});
