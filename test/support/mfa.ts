import { PASSWORD, type Answer, type SignedIn } from './api-client.js';
import { codeOf } from './oathtool.js';
import type { TestApp } from './test-app.js';

export const MFA = '/api/v1/users/me/mfa';
export const TOTP = `${MFA}/totp`;
export const VERIFY = '/api/v1/auth/mfa/verify';

/** For specs that hash a lot: on a machine that is busy with other things a connection or a lock takes its time. */
export const PATIENT = { DATABASE_CONNECT_TIMEOUT_MS: '10000', DATABASE_LOCK_TIMEOUT_MS: '5000' };

/** Somebody with an authenticator app. */
export interface Enrolled extends SignedIn {
  readonly email: string;
  /** Base32. */
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** A new account with an authenticator app, in the session that set it up. No step of time is used up. */
export async function enrolledUser(app: TestApp): Promise<Enrolled> {
  const user = await app.api.signedInUser();
  return { ...user, ...(await enrol(app, user)) };
}

/** Sets up an authenticator app for somebody who is signed in. */
export async function enrol(app: TestApp, user: SignedIn): Promise<Pick<Enrolled, 'secret' | 'recoveryCodes'>> {
  const { secret } = (await expectStatus(201, app.api.call('POST', TOTP, { token: user.accessToken }))).body;
  const code = codeOf(String(secret));
  const confirmed = await expectStatus(200, app.api.post(`${TOTP}/confirm`, { code }, { token: user.accessToken }));
  await freeSteps(app, user);
  return { secret: String(secret), recoveryCodes: confirmed.body['recoveryCodes'] as string[] };
}

/** As if a while had passed since the last code: the present one is good again. */
export async function freeSteps(app: TestApp, { userId }: Pick<SignedIn, 'userId'>): Promise<void> {
  await app.sql.query('UPDATE user_service.mfa_factors SET last_used_step = NULL WHERE user_id = $1', [userId]);
}

/** The first half of a sign-in: the token for the second one. */
export async function challenge(app: TestApp, email: string, password = PASSWORD): Promise<string> {
  const { body } = await expectStatus(200, app.api.login(email, password));
  if (body['mfaRequired'] !== true) throw new Error('No second factor was asked for');
  return String(body['mfaToken']);
}

export function verify(app: TestApp, mfaToken: string, code: string, method = 'totp'): Promise<Answer> {
  return app.api.post(VERIFY, { mfaToken, method, code });
}

/** Both halves. */
export async function signInWith(app: TestApp, user: Enrolled, code = codeOf(user.secret)): Promise<Answer> {
  return verify(app, await challenge(app, user.email), code);
}

/** Data of the audit events of one type about a user, oldest first. */
export async function eventsOf(app: TestApp, type: string, { userId }: Pick<SignedIn, 'userId'>): Promise<EventData[]> {
  const rows = await app.sql.query<{ data: EventData }>(
    `SELECT payload -> 'data' AS data FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' = $1 AND payload ->> 'subject' = $2 ORDER BY id`,
    [type, `user/${userId}`],
  );
  return rows.map(({ data }) => data);
}

export type EventData = Readonly<Record<string, unknown>>;

async function expectStatus(status: number, call: Promise<Answer>): Promise<Answer> {
  const answer = await call;
  if (answer.status !== status) throw new Error(`Expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}
