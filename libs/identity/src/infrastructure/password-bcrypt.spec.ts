import { describe, expect, it } from '@jest/globals';
import * as bcrypt from 'bcrypt';

import { HashGate } from '#platform/hashing';

import { Argon2PasswordHasher } from './password-hasher.argon2.js';

const PASSWORD = 'correct horse battery staple';
const gate = new HashGate({ concurrency: 2, queueLimit: 64, maxWaitMs: 3_000 });
// Far too cheap for anybody's password.
const hasher = new Argon2PasswordHasher(gate, { memoryKib: 64, timeCost: 1, parallelism: 1, peppers: [] });

describe('PW-08 A bcrypt hash of the service before', () => {
  const letters = ['2a', '2b', '2y'];
  const legacy = async (password: string, letter = '2b'): Promise<string> =>
    (await bcrypt.hash(password, 4)).replace(/^\$2b/, `$${letter}`);

  it.each(letters)('of kind $%s$ is verified, and to be made anew', async (letter) => {
    const hash = await legacy(PASSWORD, letter);

    expect(await hasher.verify(hash, PASSWORD)).toBe(true);
    expect(await hasher.verify(hash, `${PASSWORD} `)).toBe(false);
    expect(hasher.isOutdated(hash)).toBe(true);
  });

  it('is verified as other implementations made it', async () => {
    // From the test vectors of OpenBSD, crypt_blowfish and PHP.
    const vectors = [
      ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
      ['$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
      ['$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
    ] as const;
    for (const [hash, password] of vectors) expect(await hasher.verify(hash, password)).toBe(true);
  });

  it.each(['NFC', 'NFD'] as const)('is verified as its password was typed then, in %s', async (form) => {
    const password = '비밀번호는'.normalize(form);

    expect(await hasher.verify(await legacy(password), password)).toBe(true);
  });

  it.each([
    ['80 letters', 'a'.repeat(78), 'bc', 'zz'],
    ['24 Hangul characters and a tail', '비밀번호'.repeat(6), 'tail', 'fail'],
  ])('PW-11 of %s is right for nobody: bcrypt would not read the tail', async (_what, head, tail, other) => {
    const hash = await legacy(head + tail);

    for (const typed of [head + tail, head + other]) {
      expect(await hasher.verify(hash, typed)).toBe(false);
      expect(hasher.isBeyond(hash, typed)).toBe(true);
    }
    expect(hasher.isBeyond(await hasher.hash(head + tail), head + tail)).toBe(false);
  });

  it('PW-11 of 72 bytes is read to its end', async () => {
    const hash = await legacy('a'.repeat(72));

    expect(await hasher.verify(hash, 'a'.repeat(72))).toBe(true);
    expect(await hasher.verify(hash, 'a'.repeat(71))).toBe(false);
    expect(hasher.isBeyond(hash, 'a'.repeat(72))).toBe(false);
  });

  it('takes no password with a NUL, where bcrypt may stop reading', async () => {
    expect(await hasher.verify(await legacy('before'), 'before\0after')).toBe(false);
  });

  it('takes its turn at the gate and leaves the event loop alone', async () => {
    const slow = await bcrypt.hash(PASSWORD, 10);
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);

    const verdict = hasher.verify(slow, PASSWORD);

    expect(gate.stats.active).toBe(1);
    expect(await verdict).toBe(true);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(3);
  });

  it.each(['14', '31'])('of cost %s, which would show in the time of the answer, is not computed', async (cost) => {
    const absurd = (await legacy(PASSWORD)).replace('$04$', `$${cost}$`);

    expect(await hasher.verify(absurd, PASSWORD)).toBe(false);
  });
});
