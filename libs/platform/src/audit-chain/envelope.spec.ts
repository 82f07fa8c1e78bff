import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

import {
  AuditEvent,
  auditEventJsonSchema,
  BATCH_CONTENT_TYPE,
  BATCH_MAX_BYTES,
  BATCH_MAX_EVENTS,
  BatchAnswer,
  EMPTY_LANE,
  EVENT_MAX_BYTES,
  sealNext,
} from './index.js';

const EVENT = {
  specversion: '1.0',
  id: '01938a6e-0000-7000-8000-00000000aaaa',
  source: '/user-service',
  type: 'session.login_failed',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: 'https://id.example.com/schemas/audit/v1',
  data: { outcome: 'failure', reason: 'unknown_address', actor: { type: 'anonymous' }, client: {} },
};

describe('The JSON Schema of the events', () => {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  const check = ajv.compile(auditEventJsonSchema('https://id.example.com/schemas/audit/v1'));

  it('accepts what the chain makes of an event', () => {
    const { text } = sealNext(AuditEvent.parse(EVENT), 0, EMPTY_LANE);

    expect(check(JSON.parse(text))).toBe(true);
  });

  it('accepts no event without its place, and none with a member that nobody knows', () => {
    const sealed = JSON.parse(sealNext(AuditEvent.parse(EVENT), 0, EMPTY_LANE).text) as object;

    expect(check(EVENT)).toBe(false);
    expect(check({ ...sealed, email: 'k@example.com' })).toBe(false);
    expect(check({ ...sealed, sequence: '1' })).toBe(false);
  });
});

describe('The limits of a batch', () => {
  it('let whole events through', () => {
    expect(BATCH_CONTENT_TYPE).toBe('application/cloudevents-batch+json');
    expect(BATCH_MAX_BYTES).toBeGreaterThan(EVENT_MAX_BYTES);
    expect(BATCH_MAX_EVENTS).toBe(500);
    expect(BatchAnswer.safeParse({ accepted: 1 }).success).toBe(false);
  });
});
