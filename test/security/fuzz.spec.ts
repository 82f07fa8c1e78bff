import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BODIES, BODILESS } from '../support/attack-surface.js';
import { leaksIn } from '../support/problem-check.js';
import { startService, type TestService } from '../support/process.js';
import { productionEnvironment } from '../support/production-env.js';
import { exchange, requestBytes, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REQUESTS = 3_000;
const PARALLEL = 8;
/** Set it to the seed of a failure to repeat it. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** mulberry32: small, and the same everywhere for one seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STRANGE = [
  '',
  ' ',
  '\u0000',
  '\u001b[31m',
  '\r\n',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ud83d\ude00',
  '한국어',
  'e\u0301'.repeat(50),
  '${7*7}',
  '{{7*7}}',
  '../../etc/passwd',
  "' OR 1=1--",
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'a@b.example',
  'a'.repeat(3_000),
];
const KEYS = ['email', 'password', 'displayName', 'token', 'refreshToken', 'phone', 'locale', 'consents', 'birthDate'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PURGE', 'BREW'];
const TARGETS = [
  '/docs',
  '/docs/errors',
  '/docs/x.css',
  '/openapi.json',
  '/health',
  '/health/ready',
  '/metrics',
  '*',
  '/',
];
const TYPES = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'multipart/form-data', ''];
const NAMES = [
  'Accept',
  'Accept-Language',
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'Expect',
  'Forwarded',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Origin',
  'Range',
  'Traceparent',
  'Upgrade',
  'User-Agent',
  'X-Device-Token',
  'X-Forwarded-For',
  'X-Request-Id',
];

/** Makes requests up: mostly near misses of good ones, sometimes noise. */
class Fuzzer {
  constructor(private readonly random: () => number) {}

  request(): Buffer {
    const operation = this.pick([...Object.keys(BODIES), ...BODILESS]);
    const [method = '', target = ''] = operation.split(' ');
    const bytes = requestBytes({
      method: this.chance(0.8) ? method : this.pick(METHODS),
      target: this.chance(0.8) ? target : this.target(target),
      headers: [['Content-Type', this.chance(0.9) ? TYPES[0]! : this.pick(TYPES)], ...this.headers()],
      body: this.body(BODIES[operation] ?? {}),
    });
    return this.chance(0.9) ? bytes : this.damaged(bytes);
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  private many<Item>(most: number, make: () => Item): Item[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  private text(): string {
    return this.many(4, () => this.pick(STRANGE)).join('');
  }

  private value(depth = 0): unknown {
    const kinds: (() => unknown)[] = [
      () => this.text(),
      () => this.pick(STRANGE),
      () => this.random() * 10 ** this.below(400),
      () => -this.below(2 ** 31),
      () => null,
      () => this.chance(0.5),
      () => this.many(depth > 4 ? 0 : 5, () => this.value(depth + 1)),
      () =>
        Object.fromEntries(
          this.many(depth > 4 ? 0 : 5, () => [this.pick([...KEYS, ...STRANGE]), this.value(depth + 1)]),
        ),
    ];
    return this.pick(kinds)();
  }

  private body(good: object): string | Buffer {
    if (this.chance(0.1)) return this.noise();
    if (this.chance(0.2)) return JSON.stringify(this.value());
    const body: Record<string, unknown> = { ...good };
    for (const key of this.many(3, () => this.pick(this.chance(0.8) ? Object.keys(good) : KEYS)))
      body[key] = this.value();
    return JSON.stringify(body);
  }

  private noise(): Buffer {
    return Buffer.from(this.many(200, () => this.below(256)));
  }

  private target(good: string): string {
    const odd = encodeURIComponent(this.text().toWellFormed()).slice(0, 9_000);
    return this.pick([
      `${good}?${odd}`,
      `${good}/${odd}`,
      `/${odd}`,
      `${good}%`,
      `${good}%00`,
      `//${good}`,
      this.pick(TARGETS),
    ]);
  }

  private headers(): HeaderLines {
    return this.many(4, () => {
      const value = Buffer.from(this.text().replace(/[\r\n\0]/g, '')).toString('latin1');
      return [this.pick(NAMES), this.chance(0.3) ? `Bearer ${value}` : value] as const;
    });
  }

  /** Cuts, repeats and overwrites bytes: HTTP that is none. */
  private damaged(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let count = 1 + this.below(4); count > 0; count -= 1)
      copy[this.below(Math.min(copy.length, 300))] = this.below(256);
    return copy;
  }
}

/** Pages for people and the description of the API tell a lot, and are meant to. */
function isDocument({ headers, text }: RawAnswer): boolean {
  return /^text\/(?!plain)/.test(headers.get('content-type') ?? '') || text.startsWith('{"openapi"');
}

function faultsIn(answer: RawAnswer): string[] {
  const { status, headers } = answer;
  const faults = isDocument(answer) ? [] : leaksIn(answer);
  const isDocumented = status < 500 || (status === 503 && headers.has('retry-after'));
  const isProblem = headers.get('content-type') === 'application/problem+json; charset=utf-8';
  if (!isDocumented) faults.push('not documented');
  if (status >= 400 && !isProblem) faults.push('no problem document');
  return faults.map((fault) => `${status}: ${fault}`);
}

describe.each([
  ['debug mode', { ...productionEnvironment(), DEBUG: 'true', LOG_LEVEL: 'debug' }],
  ['production', productionEnvironment()],
])('HT-02 Random requests in %s', (mode, environment) => {
  let database: TestDatabase;
  let directory: string;
  let service: TestService;

  beforeAll(async () => {
    database = await createTestDatabase();
    directory = await mkdtemp(join(tmpdir(), 'fuzz-'));
    service = await startService('apps/user-service/src/main.js', {
      JWT_SECRET: randomBytes(64).toString('hex'),
      DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
      MAIL_DIR: directory,
      RATE_LIMIT_ENABLED: 'false',
      REGISTRATION_TIME_FLOOR_MS: '0',
      SIGN_IN_TIME_FLOOR_MS: '0',
      HTTP_HEADERS_TIMEOUT_MS: '1000',
      HTTP_REQUEST_TIMEOUT_MS: '1000',
      HTTP_KEEP_ALIVE_TIMEOUT_MS: '1000',
      ...environment,
      DATABASE_URL: database.url,
    });
  });
  afterAll(async () => {
    await service.process.stop('SIGKILL');
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it(`are answered without a defect, a leak or an exit (FUZZ_SEED=${SEED})`, async () => {
    const fuzzer = new Fuzzer(randomOf(SEED ^ mode.charCodeAt(0)));
    const requests = Array.from({ length: REQUESTS / 2 }, () => fuzzer.request());
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    const attack = async (bytes: Buffer): Promise<void> => {
      const answer = await exchange(service.origin, bytes);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const found = faultsIn(answer);
      if (found.length > 0)
        faults.push(`${found.join()} for ${JSON.stringify(bytes.toString('latin1')).slice(0, 600)}`);
    };
    const queue = requests.values();
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        for (const bytes of queue) await attack(bytes);
      }),
    );
    expect(faults.slice(0, 5)).toEqual([]);
    expect(service.process.isRunning).toBe(true);
    expect((await fetch(`${service.origin}/health/ready`)).status).toBe(200);
    expect(service.process.stderr).toEqual([]);
    expect(service.process.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    // The requests are no mere noise: they reach every layer.
    for (const status of [400, 401, 404, 405, 415]) expect(statuses.get(status)).toBeGreaterThan(2);
    // Of so many routes only a few take what was made up.
    expect(statuses.get(202)).toBeGreaterThan(0);
  });
});
