import { createHmac, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { decodeAttestationObject } from '@simplewebauthn/server/helpers';

import { Keyring } from '#platform/crypto';

import {
  WebAuthn,
  type CeremonyOptions,
  type ExpectedAssertion,
  type KnownCredential,
  type PresentedCredential,
  type RegisteredCredential,
  type RegistrationRequest,
} from '../application/web-authn.js';
import type { Assertion } from '../domain/passkey.js';
import { WebAuthnSettings } from './web-authn.settings.js';

// WebAuthn §5.4: 300 s at least where the user is verified, for those who need longer with their authenticator.
const CEREMONY_SECONDS = 300;
// EdDSA, ES256, RS256 (RFC 9053 §2, RFC 8812 §2): what every authenticator that can verify its user knows; what a
// runtime might know besides must not decide.
const ALGORITHMS = [-8, -7, -257];
const TRANSPORTS = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

// Its certificates and their syntax are some megabytes of code: a process whose users have no passkeys never loads them.
const library = () => import('@simplewebauthn/server');
const helpers = () => import('@simplewebauthn/server/helpers');

@Injectable()
export class SimpleWebAuthn extends WebAuthn {
  readonly ceremonySeconds = CEREMONY_SECONDS;
  readonly #handleKey: Buffer;

  constructor(
    private readonly settings: WebAuthnSettings,
    keyring: Keyring,
  ) {
    super();
    this.#handleKey = keyring.derive('webauthn-user-handle');
  }

  async creationOptions(request: RegistrationRequest): Promise<CeremonyOptions> {
    const { challenge, userId, userName, displayName, existing } = request;
    const { generateRegistrationOptions } = await library();
    const options = await generateRegistrationOptions({
      rpID: this.settings.relyingPartyId,
      rpName: this.settings.relyingPartyName,
      challenge: bytesOf(challenge),
      userID: new Uint8Array(this.handleOf(userId)),
      userName,
      userDisplayName: displayName,
      excludeCredentials: descriptors(existing),
      attestationType: 'none',
      // It has to know its user by itself, or it could not be the only step of a sign-in.
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
      timeout: CEREMONY_SECONDS * 1000,
    });
    return { ...options };
  }

  async requestOptions(challenge: string, allowed: readonly KnownCredential[]): Promise<CeremonyOptions> {
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({
      rpID: this.settings.relyingPartyId,
      challenge: bytesOf(challenge),
      allowCredentials: descriptors(allowed),
      userVerification: 'required',
      timeout: CEREMONY_SECONDS * 1000,
    });
    return { ...options };
  }

  challengeOf({ response }: PresentedCredential): string | null {
    const challenge = clientDataOf(response)?.['challenge'];
    return typeof challenge === 'string' ? challenge : null;
  }

  async register(credential: PresentedCredential, challenge: string): Promise<RegisteredCredential | null> {
    if (isFramed(credential)) return null;
    const [{ verifyRegistrationResponse }, { decodeAttestationObject }] = await Promise.all([library(), helpers()]);
    return ifGood(async () => {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: withoutAttestation(credential, decodeAttestationObject),
        expectedChallenge: challenge,
        expectedOrigin: [...this.settings.origins],
        expectedRPID: this.settings.relyingPartyId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!verified || registrationInfo.credential.id !== credential.id) return null;
      const { id, publicKey, counter } = registrationInfo.credential;
      const { credentialDeviceType, credentialBackedUp } = registrationInfo;
      return {
        credentialId: id,
        publicKey,
        counter,
        transports: transportsOf(credential.response['transports']),
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: credentialBackedUp,
      };
    });
  }

  async assert(credential: PresentedCredential, expected: ExpectedAssertion): Promise<Assertion | null> {
    if (isFramed(credential) || credential.id !== expected.credentialId) return null;
    if (!this.isHandleRight(credential.response['userHandle'], expected)) return null;
    const { verifyAuthenticationResponse } = await library();
    return ifGood(async () => {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: credential as unknown as AuthenticationResponseJSON,
        expectedChallenge: expected.challenge,
        expectedOrigin: [...this.settings.origins],
        expectedRPID: this.settings.relyingPartyId,
        // Whether the counter rose is decided where it is stored, so that two uses at the same time cannot both rise.
        credential: { id: expected.credentialId, publicKey: new Uint8Array(expected.publicKey), counter: 0 },
        requireUserVerification: true,
      });
      if (!verified) return null;
      const { newCounter: counter, credentialDeviceType, credentialBackedUp: backedUp } = authenticationInfo;
      return { counter, backedUp, backupEligible: credentialDeviceType === 'multiDevice' };
    });
  }

  /**
   * What authenticators know the user by (WebAuthn §14.6.1: tells nothing about them). The same for all passkeys of
   * one user, so that a new one takes the place of the old one on its device.
   */
  private handleOf(userId: string): Buffer {
    return createHmac('sha256', this.#handleKey).update(userId).digest();
  }

  private isHandleRight(presented: unknown, { userId, isUserUnknown }: ExpectedAssertion): boolean {
    if (presented === undefined || presented === null) return !isUserUnknown;
    const handle = Buffer.from(typeof presented === 'string' ? presented : '', 'base64url');
    const right = this.handleOf(userId);
    return handle.length === right.length && timingSafeEqual(handle, right);
  }
}

/** The library throws for whatever is wrong with a credential; none of it is a fault of this service. */
async function ifGood<T>(check: () => Promise<T | null>): Promise<T | null> {
  try {
    return await check();
  } catch {
    return null;
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64url, 'base64url'));
}

function descriptors(known: readonly KnownCredential[]): { id: string; transports: AuthenticatorTransport[] }[] {
  return known.map(({ credentialId: id, transports }) => ({ id, transports: transportsOf(transports) }));
}

function transportsOf(presented: unknown): AuthenticatorTransport[] {
  if (!Array.isArray(presented)) return [];
  const known = presented.filter((one): one is AuthenticatorTransport => TRANSPORTS.has(one as string));
  return [...new Set(known)];
}

function clientDataOf(response: PresentedCredential['response']): Readonly<Record<string, unknown>> | null {
  try {
    const text = Buffer.from(String(response['clientDataJSON']), 'base64url').toString('utf8');
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether the page that asked stood in a frame of another site, where people cannot see whom they answer. */
function isFramed({ response }: PresentedCredential): boolean {
  return clientDataOf(response)?.['crossOrigin'] === true;
}

/**
 * No attestation is asked for, so none is looked at. The certificates of one could name addresses of lists of revoked
 * ones, which would be fetched: addresses that the caller has chosen.
 */
function withoutAttestation(
  credential: PresentedCredential,
  decode: typeof decodeAttestationObject,
): RegistrationResponseJSON {
  const { attestationObject } = credential.response;
  const decoded = decode(bytesOf(String(attestationObject)));
  const authData = Buffer.from(decoded.get('authData'));
  const response = { ...credential.response, attestationObject: unattested(authData).toString('base64url') };
  return { ...credential, response } as unknown as RegistrationResponseJSON;
}

/** CBOR (RFC 8949 §3) of `{ "fmt": "none", "attStmt": {}, "authData": … }`. */
function unattested(authData: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(authData.length);
  const [map3, emptyMap, bytes16] = [0xa3, 0xa0, 0x59];
  return Buffer.concat([
    Buffer.from([map3]),
    text('fmt'),
    text('none'),
    text('attStmt'),
    Buffer.from([emptyMap]),
    text('authData'),
    Buffer.from([bytes16]),
    length,
    authData,
  ]);
}

function text(short: string): Buffer {
  return Buffer.from([0x60 + short.length, ...Buffer.from(short, 'ascii')]);
}
