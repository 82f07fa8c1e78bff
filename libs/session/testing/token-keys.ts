import { createSecretKey, generateKeyPairSync, sign } from 'node:crypto';

import { JwtService } from '@nestjs/jwt';

import { SystemIds } from '#platform/system';

import { SettableClock } from '../../platform/testing/settable-clock.js';
import type { AccessTokenSubject } from '../src/application/ports.js';
import { AccessTokenKeys } from '../src/infrastructure/access-token-keys.js';
import { JwtAccessTokenSigner } from '../src/infrastructure/access-token-signer.jwt.js';
import { JwtAccessTokenVerifier } from '../src/infrastructure/access-token-verifier.jwt.js';
import type { AccessTokenSettings, SigningKey } from '../src/infrastructure/access-token.settings.js';
import { NOW, SESSION_ID, USER_ID } from './builders.js';

export const SUBJECT: AccessTokenSubject = {
  userId: USER_ID,
  sessionId: SESSION_ID,
  roles: ['user'],
  authTime: NOW,
  amr: ['pwd'],
  acr: '1',
};

export function aSigningKey(alg: SigningKey['alg'], kid: string, signs = true): SigningKey {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { kid, alg, signs, privateKey };
}

/** What the service issues and accepts tokens by: HS512 alone, but for what `changes` names. */
export function tokenSettings(changes: Partial<AccessTokenSettings> = {}): AccessTokenSettings {
  return {
    secret: 's'.repeat(64),
    signingKeys: [],
    acceptHs512: false,
    issuer: 'https://id.example.com',
    audience: 'user-service',
    minutes: 15,
    ...changes,
  };
}

/** One instance's tokens, on a clock that stands still at `NOW`. */
export class TokenInstance {
  readonly keys: AccessTokenKeys;
  readonly verifier: JwtAccessTokenVerifier;
  readonly #signer: JwtAccessTokenSigner;

  constructor(
    readonly settings: AccessTokenSettings = tokenSettings(),
    readonly clock: SettableClock = new SettableClock(NOW.toISOString()),
  ) {
    this.keys = new AccessTokenKeys(settings);
    this.verifier = new JwtAccessTokenVerifier(this.keys, settings, clock);
    const jwt = new JwtService({ secret: createSecretKey(settings.secret, 'utf8') });
    this.#signer = new JwtAccessTokenSigner(jwt, this.keys, settings, new SystemIds());
  }

  issue(subject: Partial<AccessTokenSubject> = {}): string {
    return this.#signer.sign({ ...SUBJECT, ...subject }, this.clock.now());
  }
}

/** A token with any header and payload under a private key, as its holder could make it. */
export function signToken(header: object, payload: object, { alg, privateKey }: SigningKey): string {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const hash = alg === 'ES256' ? 'sha256' : null;
  const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
