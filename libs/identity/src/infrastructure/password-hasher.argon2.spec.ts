import { beforeEach, describe, expect, it } from '@jest/globals';

import { HashGate, Overloaded } from '#platform/hashing';

import { Argon2PasswordHasher, type PasswordHashSettings } from './password-hasher.argon2.js';

const DEFAULTS = { memoryKib: 19_456, timeCost: 2, parallelism: 1, peppers: [] };
/** What a test may pay many times over; far too cheap for anybody's password. */
const CHEAP = { ...DEFAULTS, memoryKib: 64, timeCost: 1 };
const PASSWORD = 'correct horse battery staple';

class CountingGate extends HashGate {
  runs = 0;

  override run<T>(hash: () => Promise<T>): Promise<T> {
    this.runs += 1;
    return super.run(hash);
  }
}

function hasherWith(settings: PasswordHashSettings, gate = new CountingGate(gateSettings())): Argon2PasswordHasher {
  return new Argon2PasswordHasher(gate, settings);
}

function gateSettings(): ConstructorParameters<typeof HashGate>[0] {
  return { concurrency: 2, queueLimit: 64, maxWaitMs: 3_000 };
}

describe('A password hash', () => {
  it('PW-01 is Argon2id of the configured cost in PHC form, with 16 bytes of salt and 32 of hash', async () => {
    const hash = await hasherWith(DEFAULTS).hash(PASSWORD);
    const [, type, version, cost, salt, value] = hash.split('$');

    expect([type, version, cost]).toEqual(['argon2id', 'v=19', 'm=19456,t=2,p=1']);
    expect(Buffer.from(salt!, 'base64')).toHaveLength(16);
    expect(Buffer.from(value!, 'base64')).toHaveLength(32);
  });

  it('PW-01 has a salt of its own, also for the same password', async () => {
    const hasher = hasherWith(CHEAP);

    expect(await hasher.hash(PASSWORD)).not.toBe(await hasher.hash(PASSWORD));
  });

  it('is verified with the cost it was made with, whatever is configured now', async () => {
    const hash = await hasherWith({ ...CHEAP, memoryKib: 128, timeCost: 3 }).hash(PASSWORD);

    expect(await hasherWith(CHEAP).verify(hash, PASSWORD)).toBe(true);
    expect(await hasherWith(CHEAP).verify(hash, 'wrong')).toBe(false);
  });
});

describe('A password', () => {
  const hundred = 'abcdefghij'.repeat(10);

  it.each([
    ['without its last character', hundred.slice(0, 99)],
    ['cut after 72 bytes, where bcrypt would cut it', hundred.slice(0, 72)],
    ['with a space at the end', `${hundred} `],
    ['with a space before it', ` ${hundred}`],
    ['in another case', `${hundred.slice(0, -1)}J`],
    ['with a line feed at the end', `${hundred}\n`],
    ['with a NUL and more', `${hundred}\0more`],
    ['not at all', ''],
  ])('PW-04 is not right %s', async (_how, typed) => {
    const hasher = hasherWith(CHEAP);
    const hash = await hasher.hash(hundred);

    expect(await hasher.verify(hash, typed)).toBe(false);
    expect(await hasher.verify(hash, hundred)).toBe(true);
  });

  it.each([
    ['up to a NUL', 'before\0after', 'before\0other'],
    ['in its last of 256 characters', `${'x'.repeat(255)}a`, `${'x'.repeat(255)}b`],
    ['in the kind of its spaces', 'a b', 'a\u00a0b'],
    ['in full width', 'abc', 'ａｂｃ'],
    ['in a ligature', 'fi', 'ﬁ'],
  ])('PW-04 differs from another %s', async (_where, one, other) => {
    const hasher = hasherWith(CHEAP);

    expect(await hasher.verify(await hasher.hash(one), other)).toBe(false);
  });

  it.each([
    ['Hangul', '비밀번호는 아주 길어야 합니다'],
    ['Latin with accents', 'crème brûlée à la carte'],
    ['emoji', '🔐🐎🔋📎 중요'],
  ])('PW-05 in %s is right in composed and in decomposed form', async (_script, password) => {
    const hasher = hasherWith(CHEAP);
    const composed = password.normalize('NFC');
    const decomposed = password.normalize('NFD');

    expect(await hasher.verify(await hasher.hash(decomposed), composed)).toBe(true);
    expect(await hasher.verify(await hasher.hash(composed), decomposed)).toBe(true);
  });
});

describe('A pepper', () => {
  const [first, second] = [
    { id: 'p1', secret: 'p'.repeat(32) },
    { id: 'p2', secret: 'q'.repeat(32) },
  ];
  const peppered = hasherWith({ ...CHEAP, peppers: [first] });

  it('PW-18 is named in the hash, and needed to verify it', async () => {
    const hash = await peppered.hash(PASSWORD);

    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1,keyid=cDE\$/);
    expect(await peppered.verify(hash, PASSWORD)).toBe(true);
    expect(await peppered.verify(hash, 'wrong')).toBe(false);
    expect(await hasherWith(CHEAP).verify(hash, PASSWORD)).toBe(false);
    expect(await hasherWith({ ...CHEAP, peppers: [{ ...first, secret: second.secret }] }).verify(hash, PASSWORD)).toBe(
      false,
    );
  });

  it('PW-18 that is no longer the first one still verifies, and what it made is to be made anew', async () => {
    const hash = await peppered.hash(PASSWORD);
    const rotated = hasherWith({ ...CHEAP, peppers: [second, first] });

    expect(await rotated.verify(hash, PASSWORD)).toBe(true);
    expect([peppered.isOutdated(hash), rotated.isOutdated(hash)]).toEqual([false, true]);
    expect(rotated.isOutdated(await rotated.hash(PASSWORD))).toBe(false);
  });

  it('PW-18 comes to hashes that were made before there was one', async () => {
    const plain = await hasherWith(CHEAP).hash(PASSWORD);

    expect(await peppered.verify(plain, PASSWORD)).toBe(true);
    expect(peppered.isOutdated(plain)).toBe(true);
  });

  it('cuts nothing off a long password', async () => {
    const hash = await peppered.hash(`${'x'.repeat(255)}a`);

    expect(await peppered.verify(hash, `${'x'.repeat(255)}b`)).toBe(false);
  });
});

describe('PW-08 A hash is outdated', () => {
  it.each([
    ['weaker in memory', { memoryKib: 128 }, true],
    ['weaker in time', { timeCost: 2 }, true],
    ['of the present cost', {}, false],
    ['stronger than configured', { memoryKib: 32 }, false],
  ])('when it is %s: %j', async (_how, now, outdated) => {
    const hash = await hasherWith(CHEAP).hash(PASSWORD);

    expect(hasherWith({ ...CHEAP, ...now }).isOutdated(hash)).toBe(outdated);
  });
});

describe('PW-12 The gate', () => {
  let gate: CountingGate;
  let hasher: Argon2PasswordHasher;

  beforeEach(() => {
    gate = new CountingGate(gateSettings());
    hasher = hasherWith(CHEAP, gate);
  });

  it('is passed by every hash that a caller can ask for', async () => {
    const hash = await hasher.hash(PASSWORD);
    await hasher.verify(hash, PASSWORD);
    await hasher.onModuleInit();
    expect(gate.runs).toBe(2);

    await hasher.verifyNothing(PASSWORD);
    expect(gate.runs).toBe(3);
  });

  it.each(['hash', 'verify', 'verifyNothing'] as const)('refuses to %s when too many wait', async (method) => {
    const full = new CountingGate({ concurrency: 1, queueLimit: 0, maxWaitMs: 3_000 });
    const busy = hasherWith(CHEAP, full);
    await busy.onModuleInit();
    const hash = await busy.hash(PASSWORD);
    const work = Promise.withResolvers<undefined>();
    const occupied = full.run(() => work.promise);

    const refused = method === 'verify' ? busy.verify(hash, PASSWORD) : busy[method](PASSWORD);

    await expect(refused).rejects.toThrow(Overloaded);
    work.resolve(undefined);
    await occupied;
  });

  it('is free again after a hash that could not be verified', async () => {
    await expect(hasher.verify('no hash at all', PASSWORD)).rejects.toThrow();

    expect(gate.stats.active).toBe(0);
  });
});

describe('PW-13 A user who does not exist', () => {
  it('costs one verification with the present parameters, from the first one on', async () => {
    const hasher = hasherWith(DEFAULTS);
    await hasher.onModuleInit();
    const hash = await hasher.hash(PASSWORD);
    const cost = async (work: () => Promise<unknown>): Promise<number> => {
      const started = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(started);
      return user + system;
    };
    const nobody: number[] = [];
    const somebody: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      nobody.push(await cost(() => hasher.verifyNothing('wrong')));
      somebody.push(await cost(() => hasher.verify(hash, 'wrong')));
    }

    const ratio = median(nobody) / median(somebody);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.6);
  });

  it('has no password, not even that of the hash it is compared with', async () => {
    const hasher = hasherWith(CHEAP);

    await expect(hasher.verifyNothing('nobody has this password')).resolves.toBeUndefined();
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
