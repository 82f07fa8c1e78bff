import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';

import { expectUnauthorized } from '../support/expectations.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { privateJwk, signingWith } from '../support/signing-keys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ES256 = privateJwk('ES256', 'es-1');
const EDDSA = privateJwk('EdDSA', 'ed-1');
const ISSUED = { issuer: 'http://localhost:8000', audience: 'user-service', typ: 'at+jwt' };

/** Signs with JWT_SECRET alone. */
let shared: TestApp;
/** Beside it, on the same database: instances that sign with a key of their own. */
let elliptic: TestApp;
let edwards: TestApp;
let email: string;

beforeAll(async () => {
  shared = await startTestApp();
  elliptic = await startTestApp(signingWith(ES256, EDDSA), shared);
  edwards = await startTestApp(signingWith(EDDSA, ES256), shared);
  email = (await shared.api.signedInUser()).email;
});

afterAll(async () => {
  await edwards.close();
  await elliptic.close();
  await shared.close();
});

describe('TK-09 The published keys', () => {
  it('are the public halves, for everybody, for five minutes', async () => {
    const answer = await elliptic.api.get('/.well-known/jwks.json');

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.body).toEqual({
      keys: [
        { kty: 'EC', crv: 'P-256', x: ES256.x, y: ES256.y, kid: 'es-1', use: 'sig', alg: 'ES256' },
        { kty: 'OKP', crv: 'Ed25519', x: EDDSA.x, kid: 'ed-1', use: 'sig', alg: 'EdDSA' },
      ],
    });
  });

  it('are none where a shared secret signs', async () => {
    expect((await shared.api.get('/.well-known/jwks.json')).body).toEqual({ keys: [] });
  });

  it.each([
    ['ES256', (): TestApp => elliptic],
    ['EdDSA', (): TestApp => edwards],
  ])('verify the tokens of an instance that signs with %s, whoever reads them', async (alg, instance) => {
    const { accessToken, userId } = await instance().api.signIn(email);
    // The order of the set differs between the two; a reader finds the key by its kid.
    for (const source of [elliptic, edwards]) {
      const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', source.url));
      const { payload, protectedHeader } = await jwtVerify(accessToken, keys, { ...ISSUED, algorithms: [alg] });

      expect(protectedHeader).toMatchObject({ alg, typ: 'at+jwt' });
      expect(payload.sub).toBe(userId);
    }
    await expect(
      jwtVerify(
        `${accessToken.slice(0, -8)}AAAAAAAA`,
        createRemoteJWKSet(new URL('/.well-known/jwks.json', elliptic.url)),
      ),
    ).rejects.toThrow('signature verification failed');
  });
});

describe('The metadata of the server', () => {
  it('is what a strict client of RFC 8414 reads, with the addresses of the public base', async () => {
    const base = 'https://id.example.com';
    const instance = await startTestApp({ PUBLIC_BASE_URL: base }, shared);
    try {
      const response = await oauth.discoveryRequest(new URL(base), {
        algorithm: 'oauth2',
        [oauth.customFetch]: (url: string, { body: _none, ...options }) =>
          fetch(url.replace(base, instance.url), options),
      });

      expect(response.headers.get('cache-control')).toBe('public, max-age=300');
      expect(await oauth.processDiscoveryResponse(new URL(base), response)).toEqual({
        issuer: base,
        jwks_uri: `${base}/.well-known/jwks.json`,
        introspection_endpoint: `${base}/api/v1/oauth/introspect`,
        revocation_endpoint: `${base}/api/v1/oauth/revoke`,
        response_types_supported: [],
        grant_types_supported: [],
      });
    } finally {
      await instance.close();
    }
  });

  it('names the issuer that tokens name', async () => {
    const { body } = await elliptic.api.get('/.well-known/oauth-authorization-server');

    expect(body['issuer']).toBe(decodeJwt((await elliptic.api.signIn(email)).accessToken).claims['iss']);
  });
});

describe('TK-01 The kid decides key and algorithm', () => {
  it('a token made with a key of the ring is good, so that what follows fails for its own reason', async () => {
    for (const instance of [elliptic, edwards]) {
      const { accessToken } = await instance.api.signIn(email);
      expect((await elliptic.api.me(accessToken)).status).toBe(200);
      expect((await edwards.api.me(accessToken)).status).toBe(200);
    }
  });

  it('the public key is no shared secret, in whatever form', async () => {
    const { header, claims } = decodeJwt((await elliptic.api.signIn(email)).accessToken);
    const jwks = JSON.stringify((await elliptic.api.get('/.well-known/jwks.json')).body);

    for (const key of [jwks, JSON.stringify(ES256), ES256.x!, '']) {
      for (const alg of ['HS256', 'HS384', 'HS512', 'none']) {
        expectUnauthorized(await elliptic.api.me(forgeJwt({ ...header, alg }, claims, key)), 'token_invalid');
      }
    }
  });

  it('tokens under JWT_SECRET are good beside other keys only with JWT_ACCEPT_HS512', async () => {
    const { accessToken } = await shared.api.signIn(email);
    const changing = await startTestApp({ ...signingWith(EDDSA), JWT_ACCEPT_HS512: 'true' }, shared);
    try {
      expect((await changing.api.me(accessToken)).status).toBe(200);
      expect(decodeJwt((await changing.api.signIn(email)).accessToken).header['alg']).toBe('EdDSA');
      expectUnauthorized(await elliptic.api.me(accessToken), 'token_invalid');
    } finally {
      await changing.close();
    }
  });
});

describe('TK-02 A token that brings its own key', () => {
  it('is refused, and nobody fetches anything', async () => {
    let asked = 0;
    const stub = createServer((_request, response) => {
      asked += 1;
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
    try {
      const there = `http://127.0.0.1:${(stub.address() as AddressInfo).port}/jwks.json`;
      const { claims, header } = decodeJwt((await elliptic.api.signIn(email)).accessToken);
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'evil' };
      for (const member of [{ jku: there }, { x5u: there }, { jwk }, { x5c: ['MIIB'] }, { crit: ['b64'], b64: true }]) {
        for (const kid of ['es-1', 'evil', there]) {
          const forged = await new SignJWT({ ...claims })
            .setProtectedHeader({ ...header, alg: 'ES256', ...member, kid })
            .sign(privateKey);
          expectUnauthorized(await elliptic.api.me(forged), 'token_invalid');
        }
      }

      expect(asked).toBe(0);
      // The stub does answer whoever asks.
      await fetch(there);
      expect(asked).toBe(1);
    } finally {
      stub.close();
    }
  });
});

describe('TK-10 A rotation of keys under load', () => {
  it('refuses nobody at any step, and a token under a retired key afterwards', async () => {
    const steps = [signingWith(ES256), signingWith(ES256, EDDSA), signingWith(EDDSA, ES256)];
    const before = await startTestApp(steps[0], shared);
    const instances = [before];
    const tokens: string[] = [(await before.api.signIn(email)).accessToken];
    const refused: number[] = [];
    let asked = 0;
    try {
      for (const step of steps.slice(1)) {
        const next = await startTestApp(step, shared);
        instances.push(next);
        // Half of the instances have the new set, as in the middle of a roll-out: each answers the tokens of both.
        const pair = instances.slice(-2);
        for (const { api } of pair) tokens.push((await api.signIn(email)).accessToken);
        for (let round = 0; round < 40; round += 1) {
          const answers = await Promise.all(pair.flatMap(({ api }) => tokens.slice(-3).map((token) => api.me(token))));
          asked += answers.length;
          refused.push(...answers.map(({ status }) => status).filter((status) => status !== 200));
        }
      }
      expect([asked, refused]).toEqual([480, []]);

      const retired = await startTestApp(signingWith(EDDSA), shared);
      instances.push(retired);
      expectUnauthorized(await retired.api.me(tokens[0]!), 'token_invalid');
      expect((await retired.api.me(tokens.at(-1)!)).status).toBe(200);
    } finally {
      for (const { close } of instances) await close();
    }
  });
});
