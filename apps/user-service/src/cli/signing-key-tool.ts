import { open, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Refused } from '../config/formats.js';
import { SIGNING_CURVES, type SigningAlgorithm } from '../config/signing-keys.js';
import { CommandRefused, type Terminal, type Tool } from './command.js';
import { newKeySet, rotated, ROTATION_STEPS, StepRefused, type RotationStep } from './signing-key-set.js';

const NEXT: Readonly<Record<RotationStep, string>> = {
  publish: 'Put it on every instance. Take the step `sign` after JWKS max-age and token life: 20 minutes by default.',
  sign: 'Put it on every instance. Take the step `retire` after token life and 30 seconds: 16 minutes by default.',
  retire: 'Put it on every instance. The rotation is complete; destroy the earlier files.',
};

/** Makes keys of access tokens; needs neither the service's configuration nor its database. */
export const signingKeys: Tool = {
  usage:
    'signing-keys generate [--alg EdDSA|ES256]    (prints a new set for JWT_SIGNING_KEYS)\n' +
    '  signing-keys rotate --step publish|sign|retire [--in FILE] --out FILE [--alg EdDSA|ES256]',
  async run([action = '', ...args], terminal) {
    const work = { generate, rotate }[action];
    if (work === undefined) throw new CommandRefused('signing-keys takes generate or rotate');
    await work(args, terminal);
  },
};

async function generate(args: readonly string[], terminal: Terminal): Promise<void> {
  const { alg } = parseArgs({ args: [...args], options: { alg: { type: 'string' } } }).values;
  terminal.print(newKeySet(algorithm(alg)));
}

async function rotate(args: readonly string[], terminal: Terminal): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { step: text, in: text, out: text, alg: text };
  const { step, in: source, out, alg } = parseArgs({ args: [...args], options }).values;
  const known = ROTATION_STEPS.find((name) => name === step);
  if (known === undefined) throw new CommandRefused(`--step must be one of ${ROTATION_STEPS.join(', ')}`);
  if (out === undefined) throw new CommandRefused('--out is required');
  const set = source === undefined ? undefined : await read(source);
  await writeSecret(out, `${next(set, known, algorithm(alg))}\n`);
  terminal.note(NEXT[known]);
}

function next(set: string | undefined, step: RotationStep, alg: SigningAlgorithm): string {
  try {
    return rotated(set, step, alg);
  } catch (error) {
    if (error instanceof StepRefused) throw new CommandRefused(`The step was not taken: ${error.message}`);
    if (error instanceof Refused) throw new CommandRefused(`The set of keys ${error.message}`);
    throw error;
  }
}

function algorithm(name = 'EdDSA'): SigningAlgorithm {
  const known = SIGNING_CURVES.find(({ alg }) => alg === name);
  if (known === undefined) throw new CommandRefused('--alg must be EdDSA or ES256');
  return known.alg;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new CommandRefused('--in names a file that cannot be read');
  }
}

/** Never over a file that is there: the state before a step is the way back from it. */
async function writeSecret(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch(() => {
    throw new CommandRefused('--out must name a new file in a folder that can be written to');
  });
  try {
    await handle.chmod(0o600); // whatever the umask
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
