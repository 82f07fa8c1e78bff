/** A row of the audit table of the service before, whatever its columns are. */
export type LegacyRow = Readonly<Record<string, unknown>>;

/** What can be told of it: nothing that is secret, and nobody unmasked. */
export interface LegacyEvent {
  /** `legacy.` and the name it had there, in letters, digits and underscores. */
  readonly type: string;
  readonly time: Date;
  readonly userId: string | null;
  readonly outcome: 'success' | 'failure' | 'denied';
  readonly reason: string | null;
  /** As it was written down. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

// Names under which a service like that keeps them; the first that is there counts.
const TYPE = ['event_type', 'type', 'action', 'event', 'event_name', 'name'];
const TIME = ['created_at', 'timestamp', 'occurred_at', 'event_time', 'time', 'created'];
const USER = ['user_id', 'actor_id', 'subject_id', 'target_user_id'];
const OUTCOME = ['outcome', 'success', 'status', 'result'];
const REASON = ['failure_reason', 'error_code', 'reason'];
const IP = ['ip_address', 'ip', 'client_ip', 'remote_addr'];
const AGENT = ['user_agent', 'useragent'];
const CLAIMED = new Set([...TYPE, ...TIME, ...USER, ...OUTCOME, ...REASON, ...IP, ...AGENT]);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CODE = /^[a-z][a-z0-9_]{0,63}$/;
const SECRET = /pass|secret|token|hash|otp|totp|code|key|cookie|authori|credential|signature|session/i;
const ADDRESS = /^([^\s@])[^\s@]*(@[^\s@]+\.[^\s@]+)$/;
// Words of a program: no sentence, which may tell of anybody, and no row of digits, which may be a telephone number.
const WORD = /^(?!.*\d{7})[A-Za-z0-9_.:/+-]{1,64}$/;
const NAMED = /name|phone|address|birth|mail|ssn|rrn|resident/i;
const MOST_MEMBERS = 50;
const DEEPEST = 3;

export function legacyEventOf(row: LegacyRow, key: string): LegacyEvent {
  const user = textOf(row, USER);
  const outcome = outcomeOf(row);
  return {
    type: `legacy.${typeOf(row)}`,
    time: timeOf(row) ?? new Date(0),
    userId: user !== null && UUID.test(user) ? user.toLowerCase() : null,
    outcome,
    reason: outcome === 'success' ? null : reasonOf(row),
    ip: textOf(row, IP)?.replace(/\/\d+$/, '') ?? null,
    userAgent:
      textOf(row, AGENT)
        ?.replaceAll(/\p{Cc}/gu, '')
        .slice(0, 256) ?? null,
    details: detailsOf(row, key, user),
  };
}

function detailsOf(row: LegacyRow, key: string, user: string | null): LegacyEvent['details'] {
  const omitted: string[] = [];
  const rest = Object.entries(row).filter(([name]) => !CLAIMED.has(name.toLowerCase()));
  const members = membersOf(Object.fromEntries(rest), omitted, 0);
  return {
    key,
    ...(user !== null && !UUID.test(user) && WORD.test(user) && { user }),
    ...(timeOf(row) === null && { timeUnknown: true }),
    members,
    ...(omitted.length > 0 && { omitted: omitted.slice(0, MOST_MEMBERS).sort() }),
  };
}

function valueOf(row: LegacyRow, names: readonly string[]): unknown {
  const byName = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  return names.map((name) => byName.get(name)).find((value) => value !== undefined && value !== null);
}

function textOf(row: LegacyRow, names: readonly string[]): string | null {
  const value = valueOf(row, names);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** A name of one to four words; a sentence tells of somebody, and is no type. */
function typeOf(row: LegacyRow): string {
  const typed = textOf(row, TYPE) ?? '';
  if (!/^(?!.*\d{4})[A-Za-z][A-Za-z0-9]*([ ._:/-]+[A-Za-z0-9]+){0,3}$/.test(typed) || typed.length > 64) return 'event';
  return typed
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_');
}

function timeOf(row: LegacyRow): Date | null {
  const value = valueOf(row, TIME);
  if (typeof value === 'number') return dateOf(value < 1e11 ? value * 1_000 : value);
  if (typeof value !== 'string') return null;
  // A time without a zone is UTC in that service.
  const zoned = /(Z|[+-]\d{2}(:?\d{2})?)$/.test(value.slice(11)) ? value : `${value}Z`;
  return dateOf(zoned.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'));
}

function dateOf(value: string | number): Date | null {
  const at = new Date(value);
  const year = at.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? at : null;
}

function outcomeOf(row: LegacyRow): LegacyEvent['outcome'] {
  const value = valueOf(row, OUTCOME);
  if (value === false) return 'failure';
  if (typeof value !== 'string') return 'success';
  if (/^(denied|forbidden|blocked)/i.test(value)) return 'denied';
  return /^(fail|error|invalid|reject|false)/i.test(value) ? 'failure' : 'success';
}

function reasonOf(row: LegacyRow): string {
  const text = textOf(row, REASON);
  return text !== null && CODE.test(text) ? text : 'unspecified';
}

/** What may be told of a value; `undefined` for what may not. */
function cleaned(value: unknown, omitted: string[], depth: number): unknown {
  if (typeof value === 'boolean') return value;
  // What has seven digits may be a telephone number, or worse.
  if (typeof value === 'number') return Math.abs(value) < 1e6 ? value : undefined;
  if (typeof value === 'string') return wordOf(value);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return undefined;
  if (!Array.isArray(value)) return membersOf(value as LegacyRow, omitted, depth);
  const told = value.slice(0, MOST_MEMBERS).map((item) => cleaned(item, omitted, depth + 1));
  return told.filter((item) => item !== undefined);
}

/** Members that are no part of the envelope; names of those that may not be told end up in `omitted`. */
function membersOf(row: LegacyRow, omitted: string[], depth: number): LegacyRow {
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(row).slice(0, MOST_MEMBERS)) {
    if (member === null) continue;
    const told = mayTell(name, member) ? cleaned(member, omitted, depth + 1) : undefined;
    if (told !== undefined) members[name] = told;
    else omitted.push(WORD.test(name) ? name : 'unnamed');
  }
  return members;
}

/** Addresses are masked wherever they stand; everything else under a name that promises a person or a secret is left out. */
function mayTell(name: string, value: unknown): boolean {
  if (!WORD.test(name) || SECRET.test(name)) return false;
  return !NAMED.test(name) || (typeof value === 'string' && ADDRESS.test(value));
}

function wordOf(text: string): string | undefined {
  const [, first, domain] = ADDRESS.exec(text) ?? [];
  if (first !== undefined && domain !== undefined)
    return WORD.test(domain.slice(1)) ? `${first}***${domain}` : undefined;
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return `${text.slice(0, text.lastIndexOf('.'))}.0/24`;
  // Numbers with colons may be IPv6 addresses.
  if (/^[0-9a-f:]+:[0-9a-f:]*$/i.test(text)) return undefined;
  return UUID.test(text) || WORD.test(text) ? text : undefined;
}
