import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What an honest authenticator and browser would have done otherwise. */
export interface Tampering {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly isPresent?: boolean;
  readonly isVerified?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  readonly credentialId?: string;
  readonly signWith?: KeyObject;
  /** An attestation format and statement (CBOR) in place of `none`. */
  readonly attestation?: { readonly format: string; readonly statement: Buffer };
}

/** The parts of the options that an authenticator looks at. */
export interface CeremonyOptions {
  readonly challenge: string;
  readonly user?: { readonly id: string };
}

const FLAGS = { isPresent: 0x01, isVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 } as const;

const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();

/** CBOR (RFC 8949 §3) of what WebAuthn needs: small integers, texts, byte strings and maps of them. */
type CborValue = number | string | Buffer | { readonly raw: Buffer } | ReadonlyMap<number | string, CborValue>;

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 0xff]);
}

export function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if ('raw' in value) return value.raw;
  const members = [...value].flatMap(([key, member]) => [cbor(key), cbor(member)]);
  return Buffer.concat([head(5, value.size), ...members]);
}

/**
 * An authenticator with a browser around it, for specs: one key pair (ES256), which answers as WebAuthn says, or in one
 * respect not as it says.
 */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(16).toString('base64url');
  readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  counter = 0;
  #userHandle: string | null = null;

  constructor(
    readonly origin: string,
    readonly rpId = new URL(origin).hostname,
    private readonly isSynced = false,
  ) {}

  /** `navigator.credentials.create()`, as `toJSON()` gives it. */
  create({ challenge, user }: CeremonyOptions, how: Tampering = {}): Record<string, unknown> {
    this.#userHandle = user?.id ?? null;
    const clientDataJSON = this.clientData('webauthn.create', challenge, how);
    const authData = Buffer.concat([this.authenticatorData(how, true), this.attestedCredential(how)]);
    const { format, statement } = how.attestation ?? { format: 'none', statement: cbor(new Map()) };
    const attestationObject = cbor(
      new Map<string, CborValue>([
        ['fmt', format],
        ['attStmt', { raw: statement }],
        ['authData', authData],
      ]),
    ).toString('base64url');
    const transports = ['internal', 'hybrid'];
    return this.credential(how, { clientDataJSON: encoded(clientDataJSON), attestationObject, transports });
  }

  /** `navigator.credentials.get()`, as `toJSON()` gives it. */
  get({ challenge }: CeremonyOptions, how: Tampering = {}): Record<string, unknown> {
    this.counter += 1;
    const clientDataJSON = this.clientData('webauthn.get', challenge, how);
    const authenticatorData = this.authenticatorData(how, false);
    const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
    return this.credential(how, {
      clientDataJSON: encoded(clientDataJSON),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, how.signWith ?? this.keys.privateKey).toString('base64url'),
      userHandle: how.userHandle === undefined ? this.#userHandle : how.userHandle,
    });
  }

  private credential({ credentialId: id = this.credentialId }: Tampering, response: object): Record<string, unknown> {
    const rest = { type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {} };
    return { id, rawId: id, ...rest, response };
  }

  private clientData(type: string, challenge: string, how: Tampering): string {
    const { origin = this.origin, crossOrigin = false } = how;
    return JSON.stringify({ type: how.type ?? type, challenge: how.challenge ?? challenge, origin, crossOrigin });
  }

  private authenticatorData(how: Tampering, attested: boolean): Buffer {
    const { isPresent = true, isVerified = true, backupEligible = this.isSynced, backedUp = this.isSynced } = how;
    const is = { isPresent, isVerified, backupEligible, backedUp, attested };
    const flags = Object.entries(FLAGS).reduce(
      (all, [name, bit]) => (is[name as keyof typeof is] ? all | bit : all),
      0,
    );
    const counter = Buffer.alloc(4);
    // Authenticators of synced passkeys do not count.
    counter.writeUInt32BE(how.counter ?? (this.isSynced ? 0 : this.counter));
    return Buffer.concat([sha256(how.rpId ?? this.rpId), Buffer.from([flags]), counter]);
  }

  private attestedCredential({ credentialId = this.credentialId }: Tampering): Buffer {
    const id = Buffer.from(credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const { x = '', y = '' } = this.keys.publicKey.export({ format: 'jwk' });
    // RFC 9053 §7.1.1: EC2 key, ES256, P-256.
    const key = cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    return Buffer.concat([Buffer.alloc(16), length, id, key]);
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
