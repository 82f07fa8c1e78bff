import { Injectable } from '@nestjs/common';

import type { DomainEvent } from '#kernel';
import type { Actor, RequestInfo } from '#platform/context';
import { clientNetwork } from '#platform/logging';
import { AuditEncoder, type EventOrigin } from '#platform/outbox';

import type { AuditRecord } from '../domain/audit-record.js';
import { AUDIT, type AuditMap } from './audit-map.js';

const SOURCE = '/user-service';
export const SCHEMA_PATH = '/schemas/audit/v1';

export abstract class AuditRecordSettings {
  /** Where the service is reached; the schema's address begins with it. */
  abstract readonly publicBaseUrl: string;
}

/**
 * A CloudEvents 1.0 envelope. What a lane adds when it is sealed for delivery (sequence, hashes) is not there yet.
 */
@Injectable()
export class CloudEventEncoder extends AuditEncoder {
  constructor(private readonly settings: AuditRecordSettings) {
    super();
  }

  encode(id: string, event: DomainEvent, origin: EventOrigin): { subject: string | null; payload: unknown } | null {
    const record = recordOf(event);
    if (record === null) return null;
    const subject = event.userId === null ? null : `user/${event.userId}`;
    const payload = {
      specversion: '1.0',
      id,
      source: SOURCE,
      type: event.type,
      ...(subject !== null && { subject }),
      time: event.occurredAt.toISOString(),
      datacontenttype: 'application/json',
      dataschema: `${this.settings.publicBaseUrl}${SCHEMA_PATH}`,
      ...(origin.request?.traceparent !== undefined && { traceparent: origin.request.traceparent }),
      data: dataOf(event, record, origin),
    };
    return { subject, payload };
  }
}

function recordOf(event: DomainEvent): AuditRecord | null {
  if (!Object.hasOwn(AUDIT, event.type)) throw new Error(`No audit record is defined for ${event.type}`);
  const toRecord = AUDIT[event.type as keyof AuditMap] as (event: DomainEvent) => AuditRecord | null;
  return toRecord(event);
}

function dataOf(event: DomainEvent, record: AuditRecord, { actor, request }: EventOrigin): object {
  return {
    outcome: record.outcome,
    ...(record.reason !== undefined && { reason: record.reason }),
    actor: actorOf(event, record, actor),
    ...(request !== undefined && { client: clientOf(request), requestId: request.requestId }),
    ...(record.changes !== undefined && { changes: record.changes }),
    ...(record.details !== undefined && { details: record.details }),
  };
}

function actorOf(event: DomainEvent, { provenSessionId }: AuditRecord, actor: Actor): Actor {
  if (actor.type !== 'anonymous' || provenSessionId === undefined || event.userId === null) return actor;
  return { type: 'user', id: event.userId, sessionId: provenSessionId };
}

function clientOf({ ip, userAgent }: RequestInfo): object {
  const network = ip === undefined ? undefined : clientNetwork(ip);
  return { ...(network !== undefined && { ip: network }), ...(userAgent !== undefined && { userAgent }) };
}
