import type { ReceivedMail } from './mails.js';

/** What the service answered. `body` is the parsed JSON; an empty object when there was none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface CallOptions {
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  /** Access token. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who signed in, with what they were given. */
export interface SignedIn {
  readonly userId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Long enough, and in no list; nothing else uses it. */
export const PASSWORD = 'sieben Zwetschgen im Korb 42';

const TIMEOUT_MS = 30_000;

let counter = 0;

/** An address that nobody else uses. */
export function freshEmail(name = 'user'): string {
  counter += 1;
  return `${name}.${process.pid}.${counter}.${Date.now().toString(36)}@example.com`;
}

/** The calls of api.md over real HTTP. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly mail: (to: string, count: number) => Promise<ReceivedMail>,
  ) {}

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, token, headers } = options;
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: parse(text), text };
  }

  get(path: string, options: CallOptions = {}): Promise<Answer> {
    return this.call('GET', path, options);
  }

  post(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.call('POST', path, { ...options, body });
  }

  register(email: string, more: object = {}, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/register', { email, password: PASSWORD, ...more }, options);
  }

  verify(token: string, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/verify-email', { token }, options);
  }

  resend(email: string, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/verify-email/resend', { email }, options);
  }

  forgot(email: string, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/password/forgot', { email }, options);
  }

  resetPassword(token: string, newPassword: string, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/password/reset', { token, newPassword }, options);
  }

  login(email: string, password = PASSWORD, more: object = {}, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/login', { email, password, ...more }, options);
  }

  refresh(refreshToken: string, options: CallOptions = {}): Promise<Answer> {
    return this.post('/api/v1/auth/refresh', { refreshToken }, options);
  }

  logout(token: string): Promise<Answer> {
    return this.call('POST', '/api/v1/auth/logout', { token });
  }

  me(token: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.get('/api/v1/users/me', { token, headers });
  }

  patchMe(token: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('PATCH', '/api/v1/users/me', { token, body, headers });
  }

  /** A new account whose address is proven; returns the address. */
  async verifiedUser(more: object = {}, email = freshEmail()): Promise<string> {
    expectStatus(await this.register(email, more), 202);
    const { token } = await this.mail(email, 1);
    expectStatus(await this.verify(token), 204);
    return email;
  }

  async signIn(email: string, password = PASSWORD, more: object = {}): Promise<SignedIn> {
    const answer = await this.login(email, password, more);
    expectStatus(answer, 200);
    return signedIn(answer);
  }

  /** A new account, signed in. */
  async signedInUser(more: object = {}): Promise<SignedIn & { readonly email: string }> {
    const email = await this.verifiedUser(more);
    return { email, ...(await this.signIn(email)) };
  }
}

/** The interesting parts of a token answer. */
export function signedIn({ body }: Answer): SignedIn {
  const { user, ...rest } = body as unknown as SignedIn & { user: { id: string } };
  const { sessionId, accessToken, refreshToken } = rest;
  return { userId: user.id, sessionId, accessToken, refreshToken };
}

function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`Expected ${status}, got ${answer.status}: ${answer.text}`);
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
