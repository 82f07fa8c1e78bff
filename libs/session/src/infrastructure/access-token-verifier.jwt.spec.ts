import { createPublicKey } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { SESSION_ID, USER_ID } from '../../testing/builders.js';
import { forgeToken, readToken } from '../../testing/forged-tokens.js';
import { aSigningKey, signToken, TokenInstance, tokenSettings } from '../../testing/token-keys.js';

const SECRET = tokenSettings().secret;
const ES256 = aSigningKey('ES256', 'es-1');
const EDDSA = aSigningKey('EdDSA', 'ed-1');
const shared = new TokenInstance();
const elliptic = new TokenInstance(tokenSettings({ signingKeys: [ES256, EDDSA] }));

/** A good token with members of header and payload exchanged, under the key that signs. */
function altered(header: object, payload: object = {}, secret: string | Buffer = SECRET, hash = 'sha512'): string {
  const parts = readToken(shared.issue());
  return forgeToken({ ...parts.header, ...header }, { ...parts.payload, ...payload }, secret, hash);
}

function alteredElliptic(header: object, key = ES256): string {
  const parts = readToken(elliptic.issue());
  return signToken({ ...parts.header, ...header }, parts.payload, key);
}

const seconds = (instance: TokenInstance): number => Math.floor(instance.clock.now().getTime() / 1000);

describe('A good access token', () => {
  it.each([
    ['HS512', []],
    ['ES256', [ES256]],
    ['EdDSA', [EDDSA]],
  ])('under %s says who the caller is', (alg, signingKeys) => {
    const instance = new TokenInstance(tokenSettings({ signingKeys }));
    const token = instance.issue();

    expect(readToken(token).header).toMatchObject({ alg });
    expect(instance.verifier.verify(token)).toEqual({
      userId: USER_ID,
      sessionId: SESSION_ID,
      tokenId: readToken(token).payload['jti'],
      roles: ['user'],
      amr: ['pwd'],
      acr: '1',
      authTime: 1_772_355_600,
      issuedAt: 1_772_355_600,
      expiresAt: 1_772_356_500,
    });
  });

  it('may be made by hand, so that what follows fails for its own reason', () => {
    expect(shared.verifier.verify(altered({}))).toMatchObject({ userId: USER_ID });
    expect(shared.verifier.verify(altered({}, { aud: ['billing', 'user-service'] }))).toMatchObject({ acr: '1' });
    expect(elliptic.verifier.verify(alteredElliptic({}))).toMatchObject({ userId: USER_ID });
    expect(elliptic.verifier.verify(alteredElliptic({ kid: 'ed-1', alg: 'EdDSA' }, EDDSA))).toMatchObject({ acr: '1' });
  });
});

describe('The header of an access token', () => {
  it.each([
    ['TK-01 no algorithm', { alg: 'none' }],
    ['TK-01 no algorithm, in capitals', { alg: 'NONE' }],
    ['TK-01 no algorithm, mixed', { alg: 'nOnE' }],
    ['TK-01 an empty algorithm', { alg: '' }],
    ['TK-01 a missing algorithm', { alg: undefined }],
    ['TK-01 an algorithm that is a list', { alg: ['HS512'] }],
    ['TK-01 another algorithm than the kid stands for', { alg: 'HS256' }],
    ['TK-01 an asymmetric algorithm', { alg: 'RS512' }],
    ['TK-05 the type of any JWT', { typ: 'JWT' }],
    ['TK-05 no type', { typ: undefined }],
    ['TK-05 the type of an ID token', { typ: 'id+jwt' }],
    ['TK-02 a critical extension', { crit: ['exp'] }],
    ['TK-02 an empty list of critical extensions', { crit: [] }],
    ['TK-02 critical extensions that are null', { crit: null }],
    ['TK-03 no kid', { kid: undefined }],
    ['TK-03 an unknown kid', { kid: 'hs512-unknown' }],
    ['TK-03 a path as kid', { kid: '../../dev/null' }],
    ['TK-03 SQL as kid', { kid: "' OR 1=1--" }],
    ['TK-03 10 kB of kid', { kid: 'k'.repeat(10_000) }],
    ['TK-03 64 kB of kid', { kid: 'k'.repeat(65_536) }],
    ['TK-03 the name of a built-in as kid', { kid: '__proto__' }],
    ['TK-03 an object as kid', { kid: {} }],
  ])('is refused with %s', (_what, header) => {
    expect(shared.verifier.verify(altered(header))).toBe('invalid');
  });

  it.each([
    ['jku', 'https://evil.example/jwks.json'],
    ['x5u', 'https://evil.example/cert.pem'],
    ['jwk', { kty: 'oct', k: Buffer.from('evil').toString('base64url'), alg: 'HS512' }],
    ['x5c', ['MIIB']],
  ])('TK-02 never brings a key by %s: with ours it passes, with its own it fails', (member, value) => {
    expect(shared.verifier.verify(altered({ [member]: value }))).toMatchObject({ acr: '1' });
    expect(shared.verifier.verify(altered({ [member]: value }, {}, 'evil'))).toBe('invalid');
  });

  it('TK-02 never brings the public key it was signed with', () => {
    const own = aSigningKey('ES256', 'es-1');
    const jwk = createPublicKey(own.privateKey).export({ format: 'jwk' });

    expect(elliptic.verifier.verify(alteredElliptic({ jwk }, own))).toBe('invalid');
    expect(elliptic.verifier.verify(alteredElliptic({ jwk }))).toMatchObject({ acr: '1' });
  });
});

describe('TK-01 The signature of an access token', () => {
  it.each([
    ['that of another hash', SECRET, 'sha256'],
    ['that of a longer secret', `${SECRET}s`, 'sha512'],
    ['that of an empty secret', '', 'sha512'],
    ['that of the kid as secret', shared.keys.signing.kid, 'sha512'],
  ])('is refused when it is %s', (_what, secret, hash) => {
    expect(shared.verifier.verify(altered({}, {}, secret, hash))).toBe('invalid');
  });

  const publicKey = createPublicKey(ES256.privateKey);
  const forms: readonly (readonly [string, string | Buffer])[] = [
    ['PEM', publicKey.export({ type: 'spki', format: 'pem' })],
    ['PEM without its last newline', publicKey.export({ type: 'spki', format: 'pem' }).toString().trimEnd()],
    ['DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['JWKS', JSON.stringify({ keys: elliptic.keys.published })],
    ['x', publicKey.export({ format: 'jwk' }).x!],
    ['nothing', ''],
  ];
  const secrets = forms.flatMap(([form, key]) => ['256', '384', '512'].map((bits) => [bits, form, key] as const));

  it.each(secrets)('is refused as HS%s under the public key as %s', (bits, _form, key) => {
    const { header, payload } = readToken(elliptic.issue());
    for (const kid of ['es-1', 'ed-1', shared.keys.signing.kid]) {
      const token = forgeToken({ ...header, alg: `HS${bits}`, kid }, payload, key, `sha${bits}`);
      expect(elliptic.verifier.verify(token)).toBe('invalid');
    }
  });

  it('is refused under another algorithm than that of its kid, though a key of the ring made it', () => {
    expect(elliptic.verifier.verify(alteredElliptic({ kid: 'ed-1' }))).toBe('invalid');
    expect(elliptic.verifier.verify(alteredElliptic({ kid: 'ed-1', alg: 'EdDSA' }))).toBe('invalid');
    expect(elliptic.verifier.verify(alteredElliptic({ kid: 'es-1', alg: 'EdDSA' }, EDDSA))).toBe('invalid');
    expect(elliptic.verifier.verify(alteredElliptic({ kid: 'es-1' }, EDDSA))).toBe('invalid');
    expect(elliptic.verifier.verify(altered({}))).toBe('invalid');
  });

  it.each([
    ['empty', ''],
    ['all zeros', Buffer.alloc(64).toString('base64url')],
    ['all ones', Buffer.alloc(64, 0xff).toString('base64url')],
    ['one byte', 'AA'],
    ['a thousand bytes', Buffer.alloc(1_000, 1).toString('base64url')],
  ])('is refused when it is %s', (_what, signature) => {
    for (const instance of [shared, elliptic, new TokenInstance(tokenSettings({ signingKeys: [EDDSA] }))]) {
      const [header, payload] = instance.issue().split('.');
      expect(instance.verifier.verify(`${header!}.${payload!}.${signature}`)).toBe('invalid');
    }
  });

  it('is refused over a payload that was changed after it', () => {
    for (const instance of [shared, elliptic]) {
      const [header, , signature] = instance.issue().split('.');
      const claims = { ...readToken(instance.issue()).payload, roles: ['user', 'admin'] };
      const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
      expect(instance.verifier.verify(`${header!}.${changed}.${signature!}`)).toBe('invalid');
    }
  });

  it('has one spelling', () => {
    const token = shared.issue();
    const lastBits = String.fromCharCode(token.charCodeAt(token.length - 1) + 1);

    for (const spelled of [`${token}=`, `${token}==`, `${token} `, `${token}\n`, `${token.slice(0, -1)}${lastBits}`]) {
      expect(shared.verifier.verify(spelled)).toBe('invalid');
    }
  });
});

describe('TK-06 Issuer and audience of an access token', () => {
  const { issuer, audience } = tokenSettings();

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['an issuer that begins with ours', { iss: `${issuer}.evil.example` }],
    ['an issuer that ours begins with', { iss: issuer.slice(0, -1) }],
    ['a list of issuers', { iss: [issuer] }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'billing' }],
    ['an audience that begins with ours', { aud: `${audience}-2` }],
    ['a list of other audiences', { aud: ['billing', 'mail'] }],
    ['no audience', { aud: undefined }],
    ['an audience as object', { aud: { [audience]: true } }],
  ])('are refused: %s', (_what, claims) => {
    expect(shared.verifier.verify(altered({}, claims))).toBe('invalid');
  });
});

describe('TK-13 What is no access token', () => {
  it.each([
    ['nothing', ''],
    ['one letter', 'a'],
    ['two parts', 'a.b'],
    ['three parts of nonsense', 'a.b.c'],
    ['four parts', `${shared.issue()}.x`],
    ['dots', '...'],
    ['a header that is a list', forgeToken([], {}, SECRET)],
    ['a header that is null', forgeToken('null', {}, SECRET)],
    ['a header that is a number', forgeToken('1', {}, SECRET)],
    ['a header that is no JSON', forgeToken('{"alg"', {}, SECRET)],
    ['a header that is nested deeply', forgeToken('['.repeat(2_900), {}, SECRET)],
    ['a good header over null', forgeToken(readToken(shared.issue()).header, 'null', SECRET)],
    ['a good header over a list', forgeToken(readToken(shared.issue()).header, '[]', SECRET)],
    ['a good header over no JSON', forgeToken(readToken(shared.issue()).header, '{"sub"', SECRET)],
    ['a good header over a bomb', forgeToken(readToken(shared.issue()).header, '['.repeat(2_900), SECRET)],
  ])('is refused without an error: %s', (_what, token) => {
    expect(shared.verifier.verify(token)).toBe('invalid');
  });

  it('is refused when it is longer than ours can be, before anything is computed', () => {
    const padded = altered({}, { padding: 'x'.repeat(4_000) });

    expect(shared.verifier.verify(padded)).toBe('invalid');
    expect(shared.verifier.verify(altered({}, { padding: 'x'.repeat(1_000) }))).toMatchObject({ acr: '1' });
  });
});

describe('TK-04 The times of an access token', () => {
  it.each([
    ['no expiry', { exp: undefined }],
    ['an expiry in text', { exp: '9999999999' }],
    ['an expiry beyond all numbers', { exp: 1e20 }],
    ['a negative expiry', { exp: -1 }],
    ['a start beyond the skew', { nbf: seconds(shared) + 31 }],
    ['a start in text', { nbf: '1' }],
    ['a start that is null', { nbf: {} }],
    ['no time of issue', { iat: undefined }],
    ['an issue beyond the skew', { iat: seconds(shared) + 31 }],
  ])('are refused: %s', (_what, claims) => {
    expect(shared.verifier.verify(altered({}, claims))).toBe('invalid');
  });

  it('may be ahead of ours by 30 seconds', () => {
    expect(shared.verifier.verify(altered({}, { nbf: seconds(shared) + 30 }))).toMatchObject({ acr: '1' });
    expect(shared.verifier.verify(altered({}, { iat: seconds(shared) + 30 }))).toMatchObject({ acr: '1' });
  });

  it.each(['known', 'new'])('end a token that is %s 30 seconds after its expiry', (state) => {
    const instance = new TokenInstance();
    const token = instance.issue();
    const verify = (): unknown =>
      (state === 'known' ? instance : new TokenInstance(undefined, instance.clock)).verifier.verify(token);

    expect(verify()).toMatchObject({ acr: '1' });
    instance.clock.advance({ seconds: 899 });
    expect(verify()).toMatchObject({ acr: '1' });
    instance.clock.advance({ seconds: 30, milliseconds: 999 });
    expect(verify()).toMatchObject({ acr: '1' });
    instance.clock.advance({ milliseconds: 1 });
    expect(verify()).toBe('expired');
    instance.clock.advance({ days: 1 });
    expect(verify()).toBe('expired');
  });

  it('are told as expired only by whom the token is from', () => {
    const old = { iat: seconds(shared) - 2_000, exp: seconds(shared) - 1_000 };

    expect(shared.verifier.verify(altered({}, old))).toBe('expired');
    expect(shared.verifier.verify(altered({}, old, 'evil'))).toBe('invalid');
    expect(shared.verifier.verify(altered({}, { ...old, aud: 'billing' }))).toBe('invalid');
  });
});
