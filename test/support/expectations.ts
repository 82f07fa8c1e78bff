import { expect } from '@jest/globals';

import type { Answer } from './api-client.js';

const PROBLEM_MEMBERS = ['code', 'detail', 'instance', 'status', 'title', 'type'];
const HANGUL = /\p{Script=Hangul}/u;

export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The members of a JSON answer, all of them, in any order. */
export function expectMembers(value: unknown, members: readonly string[]): void {
  expect(Object.keys(value as object).sort()).toEqual([...members].sort());
}

/** The problem document of api.md and nothing else; `members` names what this code adds to it. */
export function expectProblem(answer: Answer, status: number, code: string, members: readonly string[] = []): void {
  const { body, headers } = answer;
  expect({ status: answer.status, code: body['code'] }).toEqual({ status, code });
  expectMembers(body, [...PROBLEM_MEMBERS, ...members]);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(body).toMatchObject({ status, instance: headers.get('x-request-id') });
  expect(body['type']).toMatch(new RegExp(`^http://localhost:8000/.*#${code}$`));
  const korean = headers.get('content-language') === 'ko';
  expect(HANGUL.test(`${String(body['title'])} ${String(body['detail'])}`)).toBe(korean);
}

/** 400 `validation_failed` that names exactly these fields. */
export function expectInvalid(answer: Answer, ...pointers: readonly string[]): void {
  expectProblem(answer, 400, 'validation_failed', ['errors']);
  const errors = answer.body['errors'] as { pointer: string; code: string; message: string }[];
  for (const error of errors) expectMembers(error, ['pointer', 'code', 'message']);
  expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual([...pointers].sort());
}

/** 401 with the challenge of RFC 6750 §3.1: the bare scheme when no token was sent, `invalid_token` otherwise. */
export function expectUnauthorized(answer: Answer, code: string): void {
  expectProblem(answer, 401, code);
  const challenge = code === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"';
  expect(answer.headers.get('www-authenticate')).toBe(challenge);
}

export const TOKEN_MEMBERS = [
  'tokenType',
  'accessToken',
  'expiresIn',
  'refreshToken',
  'refreshExpiresIn',
  'sessionId',
  'user',
];
export const USER_MEMBERS = ['id', 'email', 'displayName', 'roles'];
export const PROFILE_MEMBERS = [
  'id',
  'email',
  'emailVerified',
  'displayName',
  'locale',
  'phone',
  'roles',
  'mfaEnabled',
  'status',
  'createdAt',
  'updatedAt',
  'version',
];

/** The `tokens` of api.md, with no member more. */
export function expectTokens(answer: Answer): void {
  expect(answer.status).toBe(200);
  expectMembers(answer.body, TOKEN_MEMBERS);
  expectMembers(answer.body['user'], USER_MEMBERS);
  expect(answer.body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900 });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
}
