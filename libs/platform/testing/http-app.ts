import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';

import { Global, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

import {
  createHttpAdapter,
  HttpBodyModule,
  HttpPlatformModule,
  type HttpPlatformOptions,
  HttpSettings,
  RateLimitSettings,
  SecurityLog,
  TimeFloorSettings,
  type ProblemTexts,
  type SecurityEventFields,
  type SecurityEventName,
} from '#platform/http';
import { Redis, type RedisMetrics } from '#platform/redis';

import { InMemoryIdempotencyStore } from './in-memory-idempotency-store.js';

/** Remembers security events for assertions. */
export class RecordingSecurityLog extends SecurityLog {
  readonly events: { readonly name: SecurityEventName; readonly fields: SecurityEventFields }[] = [];

  override event(name: SecurityEventName, fields: SecurityEventFields): void {
    this.events.push({ name, fields });
  }
}

export interface TestAppOptions {
  readonly controllers: readonly Type[];
  readonly providers?: readonly Provider[];
  /** Imported after the HTTP platform. */
  readonly modules?: readonly Type[];
  readonly problems?: readonly ProblemTexts[];
  readonly http?: Partial<HttpSettings>;
  readonly rateLimit?: Partial<RateLimitSettings>;
  readonly timeFloor?: Partial<TimeFloorSettings>;
  /** Default: none. */
  readonly redis?: Redis;
  readonly rateLimitSubjects?: HttpPlatformOptions['rateLimitSubjects'];
}

const NO_RATE_LIMIT = { enabled: false, perMinute: 60, perMinuteOfKeys: 60, replicas: 1 };
const NO_METRICS: RedisMetrics = { counter: () => ({ increment: () => undefined }), gauge: () => undefined };
const NO_REDIS = new Redis({ address: undefined, keySalt: '' }, NO_METRICS);

@Global()
@Module({})
class SettingsModule {
  static of(http: HttpSettings, options: TestAppOptions): DynamicModule {
    const providers = [
      { provide: HttpSettings, useValue: http },
      { provide: RateLimitSettings, useValue: { ...NO_RATE_LIMIT, ...options.rateLimit } },
      { provide: TimeFloorSettings, useValue: { milliseconds: 0, refusalMilliseconds: 0, ...options.timeFloor } },
      {
        provide: Redis,
        useValue: options.redis ?? NO_REDIS,
      },
    ];
    return { module: SettingsModule, providers, exports: providers };
  }
}

@Module({})
class ControllersModule {}

/** An application with the real HTTP platform around the given controllers. Close it after the test. */
export async function createTestApp(options: TestAppOptions): Promise<NestFastifyApplication> {
  const http: HttpSettings = {
    publicBaseUrl: 'https://id.example',
    production: true,
    trustedProxies: [],
    corsOrigins: [],
    corsAllowAllOrigins: false,
    ...options.http,
  };
  const moduleRef = await Test.createTestingModule({
    imports: [
      SettingsModule.of(http, options),
      HttpPlatformModule.forRoot({
        problems: options.problems ?? [],
        securityLog: RecordingSecurityLog,
        idempotencyStore: InMemoryIdempotencyStore,
        ...(options.rateLimitSubjects === undefined ? {} : { rateLimitSubjects: options.rateLimitSubjects }),
      }),
      {
        module: ControllersModule,
        controllers: [...options.controllers],
        providers: [...(options.providers ?? [])],
      },
      ...(options.modules ?? []),
      HttpBodyModule,
    ],
  }).compile();
  const app = moduleRef.createNestApplication<NestFastifyApplication>(createHttpAdapter(http), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Starts listening on a free port of the loopback interface and answers it. */
export async function listen(app: NestFastifyApplication): Promise<number> {
  await app.listen(0, '127.0.0.1');
  const address: AddressInfo | string | null = app.getHttpServer().address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on TCP');
  return address.port;
}

/** Sends raw bytes and resolves with everything that comes back until the connection ends. */
export function exchange(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
  });
}
