import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { IDENTITY_PROBLEMS } from '#identity';
import type { DomainError } from '#kernel';
import { MFA_PROBLEMS } from '#mfa';
import { PLATFORM_PROBLEMS, ProblemCatalogue, ProblemRenderer } from '#platform/http';
import { SESSION_PROBLEMS } from '#session';

import * as apiKeys from '../../libs/identity/src/domain/api-key-errors.js';
import * as identity from '../../libs/identity/src/domain/errors.js';
import * as mfa from '../../libs/mfa/src/domain/errors.js';
import * as passkeys from '../../libs/mfa/src/domain/passkey-errors.js';
import { Overloaded } from '../../libs/platform/src/hashing/hash-gate.js';
import { RateLimited, ResourceNotFound, ValidationFailed } from '../../libs/platform/src/http/errors.js';
import { IdempotencyInProgress } from '../../libs/platform/src/http/idempotency.interceptor.js';
import * as session from '../../libs/session/src/domain/errors.js';

const REPOSITORY = join(import.meta.dirname, '../..');

/** One of each, by where its class is, with the status that a caller gets. */
const ERRORS: readonly (readonly [where: string, error: DomainError, status: number])[] = [
  ['identity InvalidEmail', new identity.InvalidEmail(), 400],
  ['identity PasswordRejected', new identity.PasswordRejected(['common']), 422],
  ['identity OneTimeTokenInvalid', new identity.OneTimeTokenInvalid(), 400],
  ['identity UserNotFound', new identity.UserNotFound(), 404],
  ['identity UserChangedMeanwhile', new identity.UserChangedMeanwhile(), 412],
  ['identity BirthDateRequired', new identity.BirthDateRequired(), 400],
  ['identity UnderAge', new identity.UnderAge(), 422],
  ['identity PasswordTooLong', new identity.PasswordTooLong(), 400],
  ['identity CurrentPasswordWrong', new identity.CurrentPasswordWrong(), 422],
  ['identity LoginThrottled', new identity.LoginThrottled(7), 429],
  ['identity EmailUnchanged', new identity.EmailUnchanged(), 422],
  ['identity TooManyEmailChanges', new identity.TooManyEmailChanges(7), 429],
  ['identity AddressTakenMeanwhile', new identity.AddressTakenMeanwhile(), 503],
  ['identity ApiKeyInvalid', new apiKeys.ApiKeyInvalid(), 401],
  ['identity InsufficientScope', new apiKeys.InsufficientScope(), 403],
  ['identity InvalidApiKeyRequest', new apiKeys.InvalidApiKeyRequest('The name is too long'), 400],
  ['identity ApiKeyNotFound', new apiKeys.ApiKeyNotFound(), 404],
  ['mfa MfaAlreadyEnabled', new mfa.MfaAlreadyEnabled(), 409],
  ['mfa EnrolmentMissing', new mfa.EnrolmentMissing(), 409],
  ['mfa MfaNotEnabled', new mfa.MfaNotEnabled(), 409],
  ['mfa EnrolmentCodeInvalid', new mfa.EnrolmentCodeInvalid(), 422],
  ['mfa MfaThrottled', new mfa.MfaThrottled(7), 429],
  ['mfa HolderGone', new mfa.HolderGone(), 404],
  ['mfa SecondAdminRequired', new mfa.SecondAdminRequired(), 409],
  ['mfa OwnFactorsReset', new mfa.OwnFactorsReset(), 409],
  ['mfa StopTokenInvalid', new mfa.StopTokenInvalid(), 400],
  ['mfa FactorUnreadable', new mfa.FactorUnreadable(), 503],
  ['mfa PasskeyNotRegistered', new passkeys.PasskeyNotRegistered(), 422],
  ['mfa PasskeyTaken', new passkeys.PasskeyTaken(), 409],
  ['mfa TooManyPasskeys', new passkeys.TooManyPasskeys(), 409],
  ['session InvalidCredentials', new session.InvalidCredentials(), 401],
  ['session EmailUnverified', new session.EmailUnverified(), 403],
  ['session RefreshInvalid', new session.RefreshInvalid(), 401],
  ['session RefreshReused', new session.RefreshReused(), 401],
  ['session TokenMissing', new session.TokenMissing(), 401],
  ['session TokenInvalid', new session.TokenInvalid(), 401],
  ['session TokenExpired', new session.TokenExpired(), 401],
  ['session SessionRevoked', new session.SessionRevoked(), 401],
  ['session SessionIdleTimeout', new session.SessionIdleTimeout(), 401],
  ['session SessionStateUnavailable', new session.SessionStateUnavailable(), 503],
  ['session ReauthenticationRequired', new session.ReauthenticationRequired(), 403],
  ['session RoleMissing', new session.RoleMissing(), 403],
  ['session PasskeyRefused', new session.PasskeyRefused(), 401],
  ['session LoginThrottled', new session.LoginThrottled(7), 429],
  ['session MfaTokenExpired', new session.MfaTokenExpired(), 401],
  ['session MfaInvalid', new session.MfaInvalid(), 401],
  ['session MfaLocked', new session.MfaLocked(7), 429],
  ['session MfaEnrolmentRequired', new session.MfaEnrolmentRequired(), 403],
  ['platform Overloaded', new Overloaded(1), 503],
  ['platform ValidationFailed', new ValidationFailed([]), 400],
  ['platform ResourceNotFound', new ResourceNotFound(), 404],
  ['platform RateLimited', new RateLimited(7), 429],
  ['platform IdempotencyInProgress', new IdempotencyInProgress(), 409],
];

const catalogue = new ProblemCatalogue([PLATFORM_PROBLEMS, IDENTITY_PROBLEMS, MFA_PROBLEMS, SESSION_PROBLEMS]);
const renderer = new ProblemRenderer(catalogue, 'https://id.example.com/docs/errors');
const HANGUL = /\p{Script=Hangul}/u;

/** `<library> <class>` of every domain error in the sources. */
async function errorClasses(): Promise<string[]> {
  const found: string[] = [];
  for (const library of await readdir(join(REPOSITORY, 'libs'))) {
    const folder = join(REPOSITORY, 'libs', library, 'src');
    for (const file of await readdir(folder, { recursive: true })) {
      if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
      const source = await readFile(join(folder, file), 'utf8');
      for (const { groups } of source.matchAll(/class (?<name>\w+) extends DomainError\b/g)) {
        found.push(`${library} ${groups!['name']!}`);
      }
    }
  }
  return found.sort();
}

describe('The errors of the house', () => {
  it('are all among those below', async () => {
    expect(ERRORS.map(([where]) => where).sort()).toEqual(await errorClasses());
  });

  it.each(ERRORS)('%s is answered with its status and a text of its own in both languages', (_where, error, status) => {
    const english = renderer.render(error, { requestId: 'r', language: 'en' }).document;
    const korean = renderer.render(error, { requestId: 'r', language: 'ko' }).document;

    expect(catalogue.find(error.code, status)?.status).toBe(status);
    expect(english).toMatchObject({ status, code: error.code });
    expect(korean).toMatchObject({ status, code: error.code });
    for (const text of [english.title, english.detail]) expect(text).toMatch(/^[^\p{Script=Hangul}]{3,}$/u);
    for (const text of [korean.title, korean.detail]) expect(text).toMatch(HANGUL);
    expect(english.detail).toMatch(/\.$/);
  });

  it.each(ERRORS)('%s has a code in snake_case, its class as name, and a message', (where, error) => {
    expect(error.code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(`${where.split(' ')[0]!} ${error.name}`).toBe(where);
    expect(error.message).not.toBe('');
  });

  it.each(ERRORS.filter(([, , status]) => status === 429 || status === 503))(
    '%s says when to try again',
    (_where, error) => {
      const { headers } = renderer.render(error, { requestId: 'r', language: 'en' });

      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    },
  );

  it.each(ERRORS.filter(([where]) => /^session (Token(Invalid|Expired)|SessionRevoked)$/.test(where)))(
    '%s challenges as RFC 6750 wants',
    (_where, error) => {
      const { headers } = renderer.render(error, { requestId: 'r', language: 'en' });

      expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    },
  );

  it('a missing token is challenged without an error code', () => {
    const { headers } = renderer.render(new session.TokenMissing(), { requestId: 'r', language: 'en' });

    expect(headers['www-authenticate']).toBe('Bearer');
  });
});

describe('Every text of an error', () => {
  it.each(catalogue.entries().map(({ code, problem }) => [code, problem] as const))(
    'for %s is there in both languages and gives nothing away',
    (_code, { en, ko }) => {
      for (const text of [en.title, en.detail]) expect(text).not.toMatch(HANGUL);
      for (const text of [ko.title, ko.detail]) expect(text).toMatch(HANGUL);
      expect(JSON.stringify([en, ko])).not.toMatch(/postgres|redis|sql\b|stack|typeorm|argon2/i);
    },
  );
});
