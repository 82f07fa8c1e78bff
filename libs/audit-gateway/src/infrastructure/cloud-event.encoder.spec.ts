import { describe, expect, it } from '@jest/globals';

import type { DomainEvent } from '#kernel';
import type { Actor, RequestInfo } from '#platform/context';

import { AUDIT, type PublishedEvent } from './audit-map.js';
import { CloudEventEncoder } from './cloud-event.encoder.js';

const USER = '01938a6e-0000-7000-8000-00000000aaaa';
const SESSION = '01938a6e-0000-7000-8000-00000000cccc';
const AT = new Date('2026-03-01T09:00:00.123Z');
const ANONYMOUS: Actor = { type: 'anonymous' };
const SIGNED_IN: Actor = { type: 'user', id: USER, sessionId: SESSION };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const REQUEST: RequestInfo = {
  requestId: 'request-0123456789',
  traceparent: TRACE,
  ip: '203.0.113.77',
  userAgent: 'Mozilla/5.0',
  language: 'ko',
};

interface Envelope {
  readonly subject?: string;
  readonly traceparent?: string;
  readonly data: { readonly outcome: string; readonly actor: Actor; readonly client?: unknown } & Record<
    string,
    unknown
  >;
}

const encoder = new CloudEventEncoder({ publicBaseUrl: 'https://id.example.com' });

function event(type: PublishedEvent['type'], data: unknown, userId: string | null = USER): DomainEvent {
  return { type, userId, occurredAt: AT, data };
}

function encode(what: DomainEvent, actor = ANONYMOUS, request: RequestInfo | undefined = REQUEST): Envelope {
  const record = encoder.encode('01938a6e-0000-7000-8000-000000000001', what, { actor, request });
  return record?.payload as Envelope;
}

const updated = event('identity.profile_updated', { fields: ['phone'] });

describe('An audit event', () => {
  it('is a CloudEvents envelope with who, whence, what and when', () => {
    const record = encoder.encode('01938a6e-0000-7000-8000-000000000001', updated, {
      actor: SIGNED_IN,
      request: REQUEST,
    });

    expect(record).toEqual({
      subject: `user/${USER}`,
      payload: {
        specversion: '1.0',
        id: '01938a6e-0000-7000-8000-000000000001',
        source: '/user-service',
        type: 'identity.profile_updated',
        subject: `user/${USER}`,
        time: '2026-03-01T09:00:00.123Z',
        datacontenttype: 'application/json',
        dataschema: 'https://id.example.com/schemas/audit/v1',
        traceparent: TRACE,
        data: {
          outcome: 'success',
          actor: SIGNED_IN,
          client: { ip: '203.0.113.0/24', userAgent: 'Mozilla/5.0' },
          requestId: 'request-0123456789',
          details: { fields: ['phone'] },
        },
      },
    });
  });

  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1234:5678:9abc:def0:1234:5678', '2001:db8:1234::/48'],
  ])('names of the address %s only the network %s', (ip, network) => {
    const envelope = encode(updated, SIGNED_IN, { ...REQUEST, ip });

    expect(envelope.data.client).toMatchObject({ ip: network });
    expect(JSON.stringify(envelope)).not.toContain(ip);
  });

  it.each([undefined, '', 'unknown', '203.0.113', 'proxy.internal'])(
    'names no address where there is none: %j',
    (ip) => {
      expect(encode(updated, SIGNED_IN, { ...REQUEST, ip }).data.client).toEqual({ userAgent: 'Mozilla/5.0' });
    },
  );

  it('leaves out what is not known instead of saying null', () => {
    const envelope = encode(event('session.login_failed', { reason: 'unknown_address' }, null), ANONYMOUS, {
      requestId: 'request-0123456789',
      language: 'en',
    });

    expect(envelope).not.toHaveProperty('subject');
    expect(envelope).not.toHaveProperty('traceparent');
    expect(envelope.data).toEqual({
      outcome: 'failure',
      reason: 'unknown_address',
      actor: ANONYMOUS,
      client: {},
      requestId: 'request-0123456789',
    });
  });

  it('has no client and no request where the system acted by itself', () => {
    const record = encoder.encode('id', updated, { actor: { type: 'system' }, request: undefined });

    expect((record?.payload as Envelope).data).toEqual({
      outcome: 'success',
      actor: { type: 'system' },
      details: { fields: ['phone'] },
    });
  });

  it('of a type that nobody decided on is an error, and so takes its transaction back', () => {
    for (const type of ['identity.unheard_of', 'toString', '__proto__', 'constructor', '']) {
      expect(() => encoder.encode('id', { ...updated, type }, { actor: ANONYMOUS, request: undefined })).toThrow(
        'No audit record',
      );
    }
  });
});

describe('Who acted', () => {
  const inSession = { sessionId: SESSION };

  it.each([
    ['signing in', event('session.login_succeeded', { ...inSession, amr: ['pwd'] })],
    ['refreshing', event('session.refreshed', { ...inSession, generation: 2 })],
  ])('is the user who has proven it by %s', (_how, what) => {
    expect(encode(what).data.actor).toEqual(SIGNED_IN);
  });

  it.each([
    ['a failed sign-in', event('session.login_failed', { reason: 'wrong_password' })],
    ['a refused refresh token', event('session.refresh_rejected', { ...inSession, reason: 'session_ended' })],
    ['a reused refresh token', event('session.refresh_reuse_detected', { ...inSession, generation: 1 })],
    ['the end of a session for reuse', event('session.revoked', { ...inSession, reason: 'refresh_reuse' })],
    ['a registration', event('identity.registered', { renewed: false })],
    ['a mailed token', event('identity.email_verified', {})],
  ])('stays nobody at %s, though the user concerned is known', (_what, what) => {
    const envelope = encode(what);

    expect(envelope.data.actor).toEqual(ANONYMOUS);
    expect(envelope.subject).toBe(`user/${USER}`);
  });

  it('stays who was known before', () => {
    const admin: Actor = { type: 'admin', id: '01938a6e-0000-7000-8000-00000000eeee', sessionId: 'other' };
    const what = event('session.login_succeeded', { ...inSession, amr: ['pwd'] });

    expect(encode(what, admin).data.actor).toEqual(admin);
    expect(encode(event('session.logged_out', inSession), SIGNED_IN).data.actor).toEqual(SIGNED_IN);
  });
});

describe('An outcome', () => {
  const inSession = { sessionId: SESSION };

  it.each([
    ['session.login_failed', { reason: 'wrong_password' }, 'failure', 'wrong_password'],
    ['session.refresh_rejected', { ...inSession, reason: 'expired' }, 'failure', 'expired'],
    ['session.refresh_rejected', { sessionId: null, reason: 'unknown' }, 'failure', 'unknown'],
    ['session.refresh_reuse_detected', { ...inSession, generation: 1 }, 'denied', 'refresh_reuse'],
  ] as const)('of %s with %j is %s because of %s', (type, data, outcome, reason) => {
    expect(encode(event(type, data)).data).toMatchObject({ outcome, reason });
  });

  it('that is no success always has its reason in stable snake_case', () => {
    const data = { ...inSession, reason: 'stable_reason', generation: 1, amr: [], fields: [], added: [], removed: [] };
    for (const type of Object.keys(AUDIT) as PublishedEvent['type'][]) {
      const { outcome, reason } = encode(event(type, data)).data;
      if (outcome === 'success') expect(reason).toBeUndefined();
      else expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/);
    }
  });

  it('names the session concerned where there is one', () => {
    const details = (type: PublishedEvent['type'], data: object): unknown => encode(event(type, data)).data['details'];

    expect(details('session.revoked', { ...inSession, reason: 'refresh_reuse' })).toMatchObject(inSession);
    expect(details('session.refresh_reuse_detected', { ...inSession, generation: 1 })).toMatchObject(inSession);
    expect(details('session.refresh_rejected', { ...inSession, reason: 'expired' })).toMatchObject(inSession);
    expect(details('session.refresh_rejected', { sessionId: null, reason: 'unknown' })).toBeUndefined();
    const refused = { reason: 'session_revoked', count: 2 };
    expect(details('access.token_rejected', { ...inSession, ...refused })).toEqual({ ...inSession, count: 2 });
    expect(details('access.token_rejected', { sessionId: null, ...refused })).toEqual({ count: 2 });
  });
});

describe('What an audit event is made of', () => {
  it('is named in its entry, so that data which a context adds does not leave by accident', () => {
    const canaries = { email: 'canary@example.com', password: 'canary', phone: '+8210canary', refreshToken: 'canary' };
    const data = { sessionId: SESSION, reason: 'expired', generation: 1, amr: [], fields: [], ...canaries };
    for (const type of Object.keys(AUDIT) as PublishedEvent['type'][]) {
      expect(JSON.stringify(encode(event(type, data)))).not.toContain('canary');
    }
  });
});
