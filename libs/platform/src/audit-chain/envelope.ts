import { z } from 'zod';

/** Bytes of one sealed event at most, as it is sent. */
export const EVENT_MAX_BYTES = 64 * 1024;
/** Events of one batch at most, whatever the sender is configured to. */
export const BATCH_MAX_EVENTS = 500;
/** Bytes of one batch at most, before compression. */
export const BATCH_MAX_BYTES = 512 * 1024;

export const BATCH_CONTENT_TYPE = 'application/cloudevents-batch+json';

const text = (most: number): z.ZodString => z.string().min(1).max(most);
const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
// 32 bytes in base64url without padding: 42 whole characters and one that holds four bits.
const digest = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .describe('SHA-256, base64url without padding.');

const actor = z.strictObject({
  type: z.enum(['user', 'admin', 'service', 'system', 'anonymous']),
  id: text(200).optional().describe('The user or service, by its id.'),
  sessionId: text(200).optional(),
  apiKeyId: text(200).optional(),
});

const client = z.strictObject({
  ip: text(64).optional().describe('The network of the client: /24 (IPv4) or /48 (IPv6), never the address.'),
  userAgent: z.string().max(512).optional().describe('As it was sent, cut to 512 characters.'),
});

const data = z.strictObject({
  outcome: z.enum(['success', 'failure', 'denied']),
  reason: code.optional().describe('Stable; there unless the outcome is success.'),
  actor,
  client: client.optional().describe('Absent where no request asked for it.'),
  requestId: text(64).optional(),
  changes: z
    .record(z.string(), z.tuple([z.string().nullable(), z.string().nullable()]))
    .optional()
    .describe('What a member was before and is now, masked.'),
  details: z.record(z.string(), z.unknown()).optional().describe('What is particular to the type; see docs/events.md.'),
});

/** Members in the order in which people like to read them; the hash goes by RFC 8785 and does not care. */
const envelope = {
  specversion: z.literal('1.0'),
  id: z.uuid().describe('UUIDv7. The same event always has the same id; by it the receiver tells duplicates.'),
  source: text(200),
  type: z.string().regex(/^[a-z]+(\.[a-z0-9_]+)+$/),
  subject: text(200)
    .optional()
    .describe('Whom it is about: `user/` and an id. Absent where nobody is known, or where it is many.'),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  dataschema: z.url(),
  traceparent: z
    .string()
    .regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/)
    .optional()
    .describe('W3C Trace Context of the request.'),
  data,
};

/** An event as it waits in the outbox: CloudEvents 1.0, not yet in a lane. */
export const AuditEvent = z.strictObject(envelope);
export type AuditEvent = z.infer<typeof AuditEvent>;

/** An event as it is sent: with its place in a lane, and a hash that covers its predecessor's. */
export const SealedAuditEvent = z.strictObject({
  ...envelope,
  lane: z.int().min(0).max(32_767),
  sequence: z
    .string()
    .regex(/^\d{20}$/)
    .describe('Place in the lane, from 1, without a gap; 20 digits, so that text sorts like the number.'),
  prevhash: digest,
  hash: digest,
});
export type SealedAuditEvent = z.infer<typeof SealedAuditEvent>;

/** What the Audit Service answers to a batch (202). The three together are as many as the batch has events. */
export const BatchAnswer = z.object({
  accepted: z.int().min(0),
  duplicates: z.int().min(0),
  rejected: z.array(z.object({ id: z.string(), code: z.string(), detail: z.string() })),
});
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/** JSON Schema (2020-12) of the events that are sent, as it is served at the events' `dataschema`. */
export function auditEventJsonSchema(id: string): object {
  return {
    $id: id,
    title: 'Audit event',
    description:
      'CloudEvents 1.0 with a place in a lane. hash = SHA-256(the 32 bytes of prevhash || RFC 8785 canonical JSON of the ' +
      'event without its member hash); the first event of a lane has sequence 1 and 32 zero bytes as prevhash.',
    ...z.toJSONSchema(SealedAuditEvent),
  };
}
