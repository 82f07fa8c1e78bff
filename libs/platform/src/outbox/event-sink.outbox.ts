import { Injectable } from '@nestjs/common';

import { Ids, type DomainEvent } from '#kernel';
import { RequestContext, type Actor, type RequestInfo } from '#platform/context';
import { EventSink, orOutage } from '#platform/persistence';

import { Outbox, type OutboxMessage } from './outbox.js';
import { OutboxWake } from './outbox-wake.js';
import { EventSpool } from './event-spool.js';

/** Where an event came from, as far as it is known. */
export interface EventOrigin {
  readonly actor: Actor;
  readonly request: RequestInfo | undefined;
}

/** Turns a domain event into what the Audit Service receives; `null` when it is decided that it gets none. */
export abstract class AuditEncoder {
  abstract encode(
    id: string,
    event: DomainEvent,
    origin: EventOrigin,
  ): { subject: string | null; payload: unknown } | null;
}

/** How events go on from here: who is told that there are some, and where they go when PostgreSQL is away. */
@Injectable()
export class OutboxLeaving {
  constructor(
    readonly wake: OutboxWake,
    readonly spool: EventSpool,
  ) {}
}

/** Writes the events of a unit of work to the outbox, with who did it and in which request. */
@Injectable()
export class OutboxEventSink extends EventSink {
  constructor(
    private readonly outbox: Outbox,
    private readonly encoder: AuditEncoder,
    private readonly context: RequestContext,
    private readonly ids: Ids,
    private readonly leaving: OutboxLeaving,
  ) {
    super();
  }

  async store(events: readonly DomainEvent[], isTold: boolean): Promise<readonly string[]> {
    const messages = this.messagesOf(events);
    if (messages.length === 0) return [];
    await orOutage(isTold ? this.outbox.tell(messages) : this.outbox.append(messages));
    this.leaving.wake.call();
    return messages.map(({ id }) => id);
  }

  async keep(events: readonly DomainEvent[], storedIds: readonly string[]): Promise<void> {
    // Under the same id as in the transaction that may have committed: who has it already knows it again.
    const entries = this.messagesOf(events, storedIds).map((message) => ({ message }));
    if (entries.length > 0) await this.leaving.spool.keep(entries);
  }

  columnsOf(events: readonly DomainEvent[]): unknown[] {
    this.leaving.wake.call();
    return this.outbox.columnsOf(this.messagesOf(events));
  }

  private messagesOf(events: readonly DomainEvent[], ids: readonly string[] = []): OutboxMessage[] {
    const origin: EventOrigin = { actor: this.context.actor, request: this.context.info };
    const messages: OutboxMessage[] = [];
    for (const event of events) {
      const id = ids[messages.length] ?? this.ids.uuid();
      const record = this.encoder.encode(id, event, origin);
      if (record) messages.push({ id, topic: 'audit', orderKey: record.subject ?? id, payload: record.payload });
    }
    return messages;
  }
}
