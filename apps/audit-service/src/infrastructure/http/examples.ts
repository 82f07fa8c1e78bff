import { EMPTY_LANE, sealNext, type SealedAuditEvent } from '#platform/audit-chain';

export const EXAMPLE_ID = '01938a6e-9c1f-7d2b-8a40-5e6f7a8b9c0d';

/** The first event of lane 3; its hash is right. */
export const EXAMPLE_EVENT = JSON.parse(
  sealNext(
    {
      specversion: '1.0',
      id: EXAMPLE_ID,
      source: '/user-service',
      type: 'session.login_succeeded',
      subject: 'user/01938a6e-9c1f-7d2b-8a40-5e6f7a8b9c0e',
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'http://localhost:8000/schemas/audit/v1',
      data: {
        outcome: 'success',
        actor: { type: 'user', id: '01938a6e-9c1f-7d2b-8a40-5e6f7a8b9c0e' },
        client: { ip: '203.0.113.0/24', userAgent: 'curl/8.5.0' },
      },
    },
    3,
    EMPTY_LANE,
  ).text,
) as SealedAuditEvent;
