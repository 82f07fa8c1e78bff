import { Global, Logger, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';

import { UserRow } from '#identity';
import { Clock, Ids, UnitOfWork } from '#kernel';
import { RequestContext } from '#platform/context';
import { BlindIndex, DataKeys, FieldCipher, Keyring, KeySettings } from '#platform/crypto';
import { HashGate } from '#platform/hashing';
import { MetricsRegistry } from '#platform/metrics';
import { EventSpool, FileEventSpool, Outbox, OutboxEventSink, OutboxLeaving, OutboxWake } from '#platform/outbox';
import {
  Database,
  DatabaseConnector,
  databaseErrorCode,
  dataSourceOptions,
  EventReactions,
  EventSink,
  PersistenceSettings,
  TypeOrmUnitOfWork,
} from '#platform/persistence';
import { Redis, RedisMetrics } from '#platform/redis';
import { SystemClock, SystemIds } from '#platform/system';
import { SessionRow } from '#session';

import { CacheProbe } from './health/health-settings.js';
import { MeasuredHashGate } from './measured-hash-gate.js';

const logger = new Logger('Database');

function onIdleConnectionLost(error: unknown): void {
  logger.warn({ event: 'database_connection_lost', code: databaseErrorCode(error) ?? 'unknown' });
}

const database = TypeOrmModule.forRootAsync({
  inject: [PersistenceSettings],
  useFactory: (settings: PersistenceSettings) => ({
    ...dataSourceOptions(settings, [UserRow, SessionRow], onIdleConnectionLost),
    // `DatabaseConnector` opens the pool: a database that is not there yet must not stop the start.
    manualInitialization: true,
  }),
});

/** Technology that the contexts share, one of each in a process. */
@Global()
@Module({
  imports: [
    database,
    {
      // Not `forRoot`: that brings an interceptor which does nothing but lead every request through observables.
      ...ClsModule.registerPlugins([
        new ClsPluginTransactional({
          imports: [TypeOrmModule],
          adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
        }),
      ]),
      global: true,
    },
  ],
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Ids, useClass: SystemIds },
    { provide: UnitOfWork, useClass: TypeOrmUnitOfWork },
    { provide: EventSink, useClass: OutboxEventSink },
    { provide: HashGate, useClass: MeasuredHashGate },
    { provide: Keyring, inject: [KeySettings], useFactory: (settings: KeySettings) => new Keyring(settings) },
    EventReactions,
    { provide: CacheProbe, useExisting: Redis },
    { provide: RedisMetrics, useExisting: MetricsRegistry },
    RequestContext,
    Database,
    DatabaseConnector,
    Outbox,
    OutboxWake,
    OutboxLeaving,
    FileEventSpool,
    { provide: EventSpool, useExisting: FileEventSpool },
    BlindIndex,
    FieldCipher,
    DataKeys,
  ],
  exports: [
    Clock,
    Ids,
    UnitOfWork,
    EventReactions,
    EventSink,
    HashGate,
    Keyring,
    RequestContext,
    Database,
    Outbox,
    OutboxWake,
    FileEventSpool,
    BlindIndex,
    FieldCipher,
    DataKeys,
    CacheProbe,
    RedisMetrics,
  ],
})
export class PlatformModule {}
