import { randomBytes } from 'node:crypto';

import { Global, type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';
import { DataSource } from 'typeorm';

import { Ids, UnitOfWork } from '#kernel';
import { RequestContext } from '#platform/context';
import { DataKeys, Keyring } from '#platform/crypto';
import { SecurityLog } from '#platform/http';
import { AppLogger } from '#platform/logging';
import {
  type Mail,
  MailDeliveryModule,
  MailQueueModule,
  MailTemplates,
  MailTransport,
  Recipients,
  type Recipient,
} from '#platform/mail';
import { MetricsRegistry } from '#platform/metrics';
import { Database, dataSourceOptions, EventReactions, EventSink, TypeOrmUnitOfWork } from '#platform/persistence';
import { SystemIds } from '#platform/system';

const keyring = new Keyring({
  dataEncryptionKeys: [{ kid: 'test', key: randomBytes(32) }],
  blindIndexKey: randomBytes(32),
});

const templates: MailTemplates = {
  render: (template, _language, data) => ({ subject: template, text: data['token'] ?? '', html: '' }),
};

/** Takes every mail. */
export class Outbound extends MailTransport {
  readonly sent: Mail[] = [];
  async send(mail: Mail): Promise<void> {
    this.sent.push(mail);
  }
  close(): void {
    // Nothing to give back.
  }
}

@Injectable()
class AllLiveWithMia extends Recipients {
  constructor(private readonly dataKeys: DataKeys) {
    super();
  }

  async find(userIds: readonly string[]): Promise<ReadonlyMap<string, Recipient>> {
    const found = userIds.map(async (id): Promise<[string, Recipient]> => {
      const key = await this.dataKeys.forUser(id);
      return [id, { open: () => ({ address: 'mia@example.com', key }) }];
    });
    return new Map(await Promise.all(found));
  }
}

/** One instance of the service, as far as mail goes; closing it closes its connections. All have the same keys. */
export async function startMailInstance(
  url: string,
  outbound: MailTransport,
  delivers: boolean,
): Promise<INestApplicationContext> {
  const settings = {
    url,
    poolSize: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 3_000,
    lockTimeoutMs: 1_000,
    idleInTransactionTimeoutMs: 10_000,
  };
  const dataSource = new DataSource(dataSourceOptions(settings, [], () => undefined));
  await dataSource.initialize();
  const quiet = {
    debug: () => 0,
    info: () => 0,
    warn: () => 0,
    error: () => 0,
    fatal: () => 0,
    flush: () => Promise.resolve(true),
  };

  @Global()
  @Module({
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: EventSink, useValue: { store: async () => undefined } },
      { provide: UnitOfWork, useClass: TypeOrmUnitOfWork },
      { provide: Ids, useClass: SystemIds },
      { provide: Keyring, useValue: keyring },
      { provide: AppLogger, useValue: quiet },
      { provide: SecurityLog, useValue: { event: () => undefined } },
      EventReactions,
      MetricsRegistry,
      Database,
      DataKeys,
      RequestContext,
    ],
    exports: [DataSource, UnitOfWork, Ids, AppLogger, SecurityLog, MetricsRegistry, Database, DataKeys],
  })
  class PlatformForTests {}

  const providers = [
    { provide: Recipients, useClass: AllLiveWithMia },
    { provide: MailTemplates, useValue: templates },
    { provide: MailTransport, useValue: outbound },
  ];
  const module = await Test.createTestingModule({
    imports: [
      PlatformForTests,
      ClsModule.forRoot({
        global: true,
        plugins: [
          new ClsPluginTransactional({ adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource }) }),
        ],
      }),
      delivers ? MailDeliveryModule.register({ providers }) : MailQueueModule,
    ],
  }).compile();
  const app = await module.init();
  const close = app.close.bind(app);
  app.close = async () => {
    await close();
    await dataSource.destroy();
  };
  return app;
}
