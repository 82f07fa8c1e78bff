import type { TestApp } from './test-app.js';

export interface Operation {
  readonly method: string;
  /** Parameters are filled in. */
  readonly path: string;
  /** `POST /api/v1/auth/login`, with the template. */
  readonly name: string;
}

const PASSWORD = 'elf Pflaumen fallen leise 93';
const MFA_TOKEN = 'usm_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM';

/** As a browser writes it; nobody knows it. */
function credential(response: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const id = 'q83vEjRWeJCrze8SNFZ4kA';
  const clientDataJSON = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoieCJ9';
  return { id, rawId: id, type: 'public-key', response: { clientDataJSON, ...response } };
}

const ASSERTION = credential({ authenticatorData: 'SZYN5YgOjGh0', signature: 'MEUCIQDd5q', userHandle: 'bT0c9gH4' });

/** A good body of every operation that takes one: what an attack on one field leaves untouched. */
export const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'POST /api/v1/auth/register': {
    email: 'surface@example.com',
    password: PASSWORD,
    displayName: 'Min-ji',
    locale: 'ko',
    birthDate: '1990-01-31',
    consents: [{ purpose: 'terms', version: '2026-01', granted: true }],
  },
  'POST /api/v1/auth/verify-email': { token: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' },
  'POST /api/v1/auth/verify-email/resend': { email: 'surface@example.com' },
  'POST /api/v1/auth/password/forgot': { email: 'surface@example.com' },
  'POST /api/v1/auth/password/reset': {
    token: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM',
    newPassword: 'zwanzig Quitten reifen spät 58',
  },
  'POST /api/v1/auth/email/undo': { token: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' },
  'POST /api/v1/users/me/email': { newEmail: 'surface.new@example.com' },
  'POST /api/v1/auth/login': {
    email: 'surface@example.com',
    password: PASSWORD,
    deviceName: 'Phone',
    rememberMe: true,
  },
  'POST /api/v1/auth/refresh': { refreshToken: 'usr_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' },
  'POST /api/v1/users/me/password': { currentPassword: PASSWORD, newPassword: 'zwanzig Quitten reifen spät 58' },
  'POST /api/v1/auth/reauthenticate': { password: PASSWORD, code: '492039' },
  'POST /api/v1/auth/mfa/verify': { mfaToken: MFA_TOKEN, method: 'totp', code: '492039', credential: ASSERTION },
  'POST /api/v1/auth/mfa/passkey-options': { mfaToken: MFA_TOKEN },
  'POST /api/v1/auth/mfa/reset/stop': { token: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM' },
  'POST /api/v1/auth/passkey': { credential: ASSERTION, deviceName: 'Phone', rememberMe: true },
  'POST /api/v1/users/me/mfa/passkeys': {
    credential: credential({ attestationObject: 'o2NmbXRkbm9uZQ' }),
    name: 'Phone',
  },
  'POST /api/v1/users/me/mfa/totp/confirm': { code: '492039' },
  'PATCH /api/v1/users/me': { displayName: 'Min-ji', locale: 'en', phone: '+821012345678' },
};

/** Operations that change something and take no body. */
export const BODILESS: readonly string[] = [
  'DELETE /api/v1/admin/users/:id/reset-mfa',
  'DELETE /api/v1/users/me/mfa/passkeys/:id',
  'DELETE /api/v1/users/me/mfa/reset',
  'DELETE /api/v1/users/me/mfa/totp',
  'DELETE /api/v1/users/me/mfa/trusted-devices',
  'DELETE /api/v1/users/me/mfa/trusted-devices/:id',
  'DELETE /api/v1/users/me/sessions',
  'DELETE /api/v1/users/me/sessions/:id',
  'POST /api/v1/admin/audit/dead-letters/:id/retry',
  'POST /api/v1/admin/users/:id/reset-mfa',
  'POST /api/v1/auth/logout',
  'POST /api/v1/auth/passkey/options',
  'POST /api/v1/auth/reauthenticate/passkey-options',
  'POST /api/v1/users/me/mfa/passkeys/options',
  'POST /api/v1/users/me/mfa/recovery-codes',
  'POST /api/v1/users/me/mfa/totp',
];

/** Operations that want the API key of a service instead of a user's token; those that change something take a form. */
export const FOR_SERVICES: readonly string[] = [
  'GET /api/v1/gateway/verify',
  'POST /api/v1/oauth/introspect',
  'POST /api/v1/oauth/revoke',
];

/** Everything that is served to whoever has no token. A route that is missing here must refuse strangers. */
export const PUBLIC: readonly string[] = [
  'GET /.well-known/jwks.json',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/webauthn',
  'GET /docs',
  'GET /docs/:asset',
  'GET /docs/errors',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /health/startup',
  'GET /metrics',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'GET /change-email',
  'GET /reset-password',
  'GET /stop-mfa-reset',
  'GET /undo-email-change',
  'GET /schemas/audit/v1',
  'GET /verify-email',
  'POST /api/v1/auth/email/undo',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/mfa/passkey-options',
  'POST /api/v1/auth/mfa/reset/stop',
  'POST /api/v1/auth/mfa/verify',
  'POST /api/v1/auth/passkey',
  'POST /api/v1/auth/passkey/options',
  'POST /api/v1/auth/password/forgot',
  'POST /api/v1/auth/password/reset',
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/register',
  'POST /api/v1/auth/verify-email',
  'POST /api/v1/auth/verify-email/resend',
];

/** Those that read something; the token of the other one proves itself, and a wrong one is refused before that. */
export const READING: readonly string[] = PUBLIC.filter((name) => name !== 'POST /api/v1/auth/mfa/reset/stop');

/** Every operation of the running service, by its own route table. */
export function operationsOf({ app }: Pick<TestApp, 'app'>): Operation[] {
  const { routeTable } = app.getHttpAdapter().getInstance();
  return routeTable.entries().flatMap(({ template, methods }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .map((method) => ({
        method,
        path: template.replace(':asset', 'swagger-ui.css').replace(/:\w+/g, '01938a6e-5b5c-7c3a-9d0e-2f6b7a1c4d5e'),
        name: `${method} ${template}`,
      })),
  );
}

/** Every text in a body, by the path of keys that leads there. */
export function textFields(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => textFields(child, [...path, key]));
}

/** A copy in which one field is another value. */
export function replaced(body: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = structuredClone(body) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}
