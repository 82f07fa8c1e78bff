/** What an answer must not tell: code, files, statements, hosts, products and their versions. */
const LEAKS: readonly RegExp[] = [
  /^\s*at /m,
  /\bat [\w.<>]+ \(/,
  /node_modules|file:\/\/|\.[cm]?[jt]s:\d/,
  /\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE)\b/,
  /\bpg_|user_service\.|postgres/i,
  /ECONN|ETIMEDOUT|ENOTFOUND|127\.0\.0\.1|localhost:\d/,
  /fastify|nestjs|typeorm|v\d+\.\d+\.\d+/i,
  /argon2|\$2[aby]\$/i,
];

interface Checked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Expected {
  readonly status?: number;
  readonly code?: string;
  readonly language?: 'en' | 'ko';
  readonly requestId?: string;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;

/** Traces of the inside in an answer's text and headers. */
export function leaksIn({ text, headers }: Checked): string[] {
  // DELETE is a method as well as a statement, and `Allow` holds nothing but methods.
  const lines = [...headers].filter(([name]) => name !== 'allow').map(([name, value]) => `${name}: ${value}`);
  const told = `${text}\n${lines.join('\n')}`;
  // The base of `type` is configuration and known to every caller.
  const unknown = told.replaceAll('http://localhost:8000/docs/errors#', '');
  return LEAKS.flatMap((pattern) => pattern.exec(unknown)?.[0] ?? []).map((leak) => `leaks ${JSON.stringify(leak)}`);
}

type Claim = readonly [holds: boolean, fault: string];
type Members = Readonly<Record<string, unknown>>;

/** What is wrong with an answer as a problem document (RFC 9457) of this service; nothing when it is one. */
export function problemFaults(answer: Checked, expected: Expected = {}): string[] {
  const document = parse(answer.text);
  const claims = [...claimsOnHead(answer, expected), ...claimsOnDocument(answer, document, expected)];
  return [...claims.filter(([holds]) => !holds).map(([, fault]) => fault), ...leaksIn(answer)];
}

function claimsOnHead({ status, headers }: Checked, expected: Expected): Claim[] {
  const seen = (name: string): string => `${name} ${String(headers.get(name))}`;
  const type = headers.get('content-type') === 'application/problem+json; charset=utf-8';
  return [
    [status === (expected.status ?? status) && status >= 400, `status ${status}`],
    [type, seen('content-type')],
    [headers.get('content-language') === (expected.language ?? 'en'), seen('content-language')],
    [headers.get('cache-control') === 'no-store', seen('cache-control')],
    [!headers.has('etag'), seen('etag')],
  ];
}

function claimsOnDocument({ status, headers }: Checked, document: Members, expected: Expected): Claim[] {
  const { code, title, detail, instance } = document;
  const isKorean = /[가-힣]/.test(String(title));
  return [
    [document['status'] === status, `member status ${String(document['status'])}`],
    [/^[a-z][a-z0-9_]+$/.test(String(code)) && code === (expected.code ?? code), `code ${String(code)}`],
    [String(document['type']).endsWith(`/docs/errors#${String(code)}`), `type ${String(document['type'])}`],
    [isText(title) && isText(detail), 'title or detail missing'],
    [isKorean === (expected.language === 'ko'), `title ${String(title)}`],
    [isText(instance) && instance === headers.get('x-request-id'), `instance ${String(instance)}`],
    [instance === (expected.requestId ?? instance), 'request id not kept'],
  ];
}

function parse(text: string): Members {
  try {
    return JSON.parse(text) as Members;
  } catch {
    return {};
  }
}
