import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { Keyring } from '#platform/crypto';

import {
  cbor,
  SoftwareAuthenticator,
  type CeremonyOptions,
  type Tampering,
} from '../../testing/software-authenticator.js';
import type { PresentedCredential, RegisteredCredential } from '../application/web-authn.js';
import { SimpleWebAuthn } from './web-authn.simplewebauthn.js';

const ORIGIN = 'https://login.example.com';
const APP = 'android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck';
const USER = '01938a6e-0000-7000-8000-0000000000d1';
const OTHER = '01938a6e-0000-7000-8000-0000000000d2';

const adapter = new SimpleWebAuthn(
  { relyingPartyId: 'login.example.com', relyingPartyName: 'Example', origins: [ORIGIN, APP] },
  new Keyring({ dataEncryptionKeys: [{ kid: 'k', key: Buffer.alloc(32, 1) }], blindIndexKey: Buffer.alloc(32, 2) }),
);

const challengeNow = (): string => randomBytes(32).toString('base64url');

async function creation(challenge: string, userId = USER): Promise<CeremonyOptions> {
  const names = { userName: 'kim@example.com', displayName: 'Kim' };
  return (await adapter.creationOptions({ challenge, userId, ...names, existing: [] })) as unknown as CeremonyOptions;
}

const presented = (credential: unknown): PresentedCredential => credential as PresentedCredential;

describe('The options of a passkey', () => {
  it('ask for one that knows its user and verifies them, and name the others that are there', async () => {
    const challenge = challengeNow();
    const existing = [{ credentialId: 'AAEC', transports: ['usb', 'nonsense'] }];
    const options = await adapter.creationOptions({
      challenge,
      userId: USER,
      userName: 'u',
      displayName: 'd',
      existing,
    });

    expect(options).toMatchObject({
      challenge,
      rp: { id: 'login.example.com', name: 'Example' },
      user: { name: 'u', displayName: 'd' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: [{ id: 'AAEC', type: 'public-key', transports: ['usb'] }],
      pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }],
      timeout: 300_000,
    });
  });

  it('know a user by a handle that tells nothing, and is the same every time', async () => {
    const handle = (await creation(challengeNow())).user?.id;

    expect((await creation(challengeNow())).user?.id).toBe(handle);
    expect((await creation(challengeNow(), OTHER)).user?.id).not.toBe(handle);
    expect(Buffer.from(String(handle), 'base64url')).toHaveLength(32);
    expect(Buffer.from(String(handle), 'base64url').toString('latin1')).not.toContain(USER);
  });

  it('let the browser choose where nobody is known, and verify the user in any case', async () => {
    const challenge = challengeNow();

    expect(await adapter.requestOptions(challenge, [])).toMatchObject({
      challenge,
      rpId: 'login.example.com',
      allowCredentials: [],
      userVerification: 'required',
    });
  });
});

describe('A new passkey', () => {
  const register = async (how: Tampering, from = new SoftwareAuthenticator(ORIGIN)) => {
    const options = await creation(challengeNow());
    return adapter.register(presented(from.create(options, how)), options.challenge);
  };

  it('is taken from a page of ours, with what is needed to know it again', async () => {
    const authenticator = new SoftwareAuthenticator(ORIGIN);

    expect(await register({ counter: 7 }, authenticator)).toEqual({
      credentialId: authenticator.credentialId,
      publicKey: expect.any(Uint8Array),
      counter: 7,
      transports: ['internal', 'hybrid'],
      backupEligible: false,
      backedUp: false,
    });
  });

  it('is taken from an app of ours, and may be kept in more places than one', async () => {
    const synced = new SoftwareAuthenticator(APP, 'login.example.com', true);

    expect(await register({}, synced)).toMatchObject({ backupEligible: true, backedUp: true, counter: 0 });
  });

  const refused: [string, Tampering][] = [
    ['another origin', { origin: 'https://login.example.com.evil.example' }],
    ['another port', { origin: 'https://login.example.com:8443' }],
    ['plain HTTP', { origin: 'http://login.example.com' }],
    ['another relying party', { rpId: 'example.com' }],
    ['a frame of another site', { crossOrigin: true }],
    ['another challenge', { challenge: challengeNow() }],
    ['the other ceremony', { type: 'webauthn.get' }],
    ['a user who is not there', { isPresent: false }],
    ['a user who is not verified', { isVerified: false }],
    ['a key that is copied but cannot be', { backedUp: true }],
  ];
  it.each(refused)('is refused with %s', async (_what, how) => {
    expect(await register(how)).toBeNull();
  });

  it.each([{}, { clientDataJSON: '%%', attestationObject: '' }, { clientDataJSON: 7, attestationObject: 'ow' }])(
    'is refused when it is nothing of the kind: %j',
    async (response) => {
      expect(await adapter.register({ id: 'AAEC', response }, challengeNow())).toBeNull();
      expect(adapter.challengeOf({ id: 'AAEC', response })).toBeNull();
    },
  );

  it('is not asked for its attestation, whose certificates could name addresses to be fetched', async () => {
    const asked: string[] = [];
    const server = createServer(({ url }, reply) => {
      asked.push(String(url));
      reply.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/revoked.crl`;
      const certificate = Buffer.concat([randomBytes(16), Buffer.from(address)]);
      const x5c = Buffer.concat([Buffer.from([0x82]), cbor(certificate), cbor(certificate)]);
      const statement = cbor(
        new Map<string, Buffer | number | { raw: Buffer }>([
          ['alg', -7],
          ['sig', randomBytes(70)],
          ['x5c', { raw: x5c }],
        ]),
      );
      for (const format of ['packed', 'fido-u2f', 'tpm', 'android-key', 'apple', 'what-comes-next']) {
        expect(await register({ attestation: { format, statement } })).not.toBeNull();
      }
      expect(asked).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe('A use of a passkey', () => {
  let authenticator: SoftwareAuthenticator;
  let registered: RegisteredCredential;
  let challenge: string;

  beforeEach(async () => {
    authenticator = new SoftwareAuthenticator(ORIGIN);
    const options = await creation(challengeNow());
    registered = (await adapter.register(presented(authenticator.create(options)), options.challenge))!;
    challenge = challengeNow();
  });

  const check = (how: Tampering, changes: object = {}) => {
    const { credentialId, publicKey } = registered;
    const expected = { challenge, credentialId, publicKey, userId: USER, isUserUnknown: true, ...changes };
    return adapter.assert(presented(authenticator.get({ challenge }, how)), expected);
  };

  it('tells what the authenticator says, once the signature holds', async () => {
    expect(await check({})).toEqual({ counter: 1, backupEligible: false, backedUp: false });
    expect(await check({ origin: APP })).toMatchObject({ counter: 2 });
    expect(adapter.challengeOf(presented(authenticator.get({ challenge })))).toBe(challenge);
  });

  it('reports a counter that did not rise, and leaves the verdict to whoever stores it', async () => {
    expect(await check({ counter: 0 })).toMatchObject({ counter: 0 });
  });

  const refused: [string, Tampering][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['a frame of another site', { crossOrigin: true }],
    ['another challenge', { challenge: challengeNow() }],
    ['the other ceremony', { type: 'webauthn.create' }],
    ['a user who is not there', { isPresent: false }],
    ['a user who is not verified', { isVerified: false }],
    ['the key of somebody else', { signWith: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['the handle of nobody', { userHandle: 'AAEC' }],
    ['no handle, where nobody is known', { userHandle: null }],
    ['another credential', { credentialId: 'AAEC' }],
  ];
  it.each(refused)('is refused with %s', async (_what, how) => {
    expect(await check(how)).toBeNull();
  });

  it('needs no handle where the user is known, but never takes that of another', async () => {
    expect(await check({ userHandle: null }, { isUserUnknown: false })).not.toBeNull();
    expect(await check({}, { isUserUnknown: false, userId: OTHER })).toBeNull();
    expect(await check({}, { userId: OTHER })).toBeNull();
  });
});
