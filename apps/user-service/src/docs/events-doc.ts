import type { DescribedEvent } from '#audit-gateway';
import { auditEventJsonSchema } from '#platform/audit-chain';
import { table } from './markdown.js';

const INTRODUCTION = `# Audit events

Generated from the events' definitions and the encoder that writes the real ones, by \`npm run docs:generate\`; do not
edit.

The Audit Service receives CloudEvents 1.0 in JSON. They are written to the outbox in the transaction of the change that
they tell of: no account, session or API key changes without its event, and no event tells of what was taken back. Of
refusals those have one that are listed here. A call that is invalid or without a good access token
has none, nor has a confirmation token that is refused, a mail that is sent again, or the notice to the owner of an
address that somebody else tries to register. \`subject\` is the user it is about, where one is known. \`data\` holds

- \`outcome\`: \`success\`, \`failure\` or \`denied\`, and a \`reason\` where it was no success;
- \`actor\`: who did it (\`anonymous\`, \`user\`, \`admin\`, \`service\` or \`system\`), with the session;
- \`client\`: the network the request came from (/24 or /48), and its user agent;
- \`requestId\`: the \`X-Request-Id\` of the request;
- \`changes\`: what a field was and is, masked;
- \`details\`: what is particular to the type. Never a secret, never an unmasked personal datum.
`;

interface Envelope {
  readonly dataschema: string;
  readonly data: { readonly outcome: string; readonly details?: object };
}

/** `docs/events.md`. Throws when the members of an example's `details` are not those that are explained. */
export function renderEventsDoc(events: readonly DescribedEvent[]): string {
  return [INTRODUCTION, ...events.map(section), schemaSection(events)].join('\n');
}

function schemaSection(events: readonly DescribedEvent[]): string {
  const sent = events.find(({ envelope }) => envelope !== null)?.envelope as Envelope | undefined;
  const text = JSON.stringify(auditEventJsonSchema(sent?.dataschema ?? ''), null, 2);
  return `## JSON Schema\n\nOf the events as they are sent; served at the \`dataschema\` of each.\n\n\`\`\`json\n${text}\n\`\`\`\n`;
}

function section({ type, meaning, details, reasons, envelope }: DescribedEvent): string {
  if (envelope === null) return `## ${type}\n\n${meaning} Not sent to the Audit Service.\n`;
  const { data } = envelope as Envelope;
  const members = Object.keys(data.details ?? {});
  if (members.sort().join() !== Object.keys(details).sort().join()) {
    throw new Error(`The details of ${type} are ${members.join(', ')}; others are explained`);
  }
  return [
    `## ${type}\n`,
    `${meaning} Outcome: \`${data.outcome}\`.\n`,
    ...explained('Detail', details),
    ...explained('Reason', reasons),
    `\`\`\`json\n${JSON.stringify(envelope, null, 2)}\n\`\`\`\n`,
  ].join('\n');
}

function explained(heading: string, entries: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(entries).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return rows.length === 0 ? [] : [`${table([[heading, 'Meaning'], ...rows])}\n`];
}
