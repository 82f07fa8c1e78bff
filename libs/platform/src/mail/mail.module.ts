import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';

import { MailDispatcher } from './mail-dispatcher.js';
import { MailQueue } from './mail-queue.js';
import { MailSender } from './mail-sender.js';
import { PostgresMailStore } from './mail-store.postgres.js';
import { MailStore } from './mail-store.js';
import { MailWake } from './mail-wake.js';
import { ParkedMails } from './parked-mails.js';

/** For those who write mails. Wants `Database`, `UnitOfWork`, `DataKeys` and `Ids`. */
@Module({
  providers: [MailWake, { provide: MailStore, useClass: PostgresMailStore }, MailQueue, ParkedMails],
  exports: [MailWake, MailStore, MailQueue, ParkedMails],
})
export class MailQueueModule {}

/** What delivery wants from outside: `Recipients`, `MailTemplates` and `MailTransport`, provided or imported. Wants `AppLogger`, `MetricsRegistry`. */
export interface MailDeliveryBindings {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly providers?: readonly Provider[];
}

/** Sends what is queued. Apart from the queue, because it depends on the contexts that depend on the queue. */
@Module({})
export class MailDeliveryModule {
  static register({ imports = [], providers = [] }: MailDeliveryBindings): DynamicModule {
    return {
      module: MailDeliveryModule,
      imports: [MailQueueModule, ...imports],
      providers: [MailSender, MailDispatcher, ...providers],
      exports: [MailDispatcher],
    };
  }
}
