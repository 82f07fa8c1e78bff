import { Injectable } from '@nestjs/common';

import { bcryptVerdict } from '../domain/bcrypt-hash.js';
import type { Email } from '../domain/email.js';
import { InvalidEmail } from '../domain/errors.js';
import type { Locale, Profile, Role, UserStatus } from '../domain/user.js';
import { EmailParser } from './ports.js';

/** Why a line of an export is refused: stable snake_case, and never a value of it. */
export class LineRefused extends Error {
  constructor(readonly reason: string) {
    super(`The line is refused: ${reason}`);
    this.name = 'LineRefused';
  }
}

/** A user of the service before. */
export interface LegacyUser {
  /** Kept, so that other services still know the user by it; `null` when the service before counted users. */
  readonly id: string | null;
  readonly email: Email;
  readonly emailVerified: boolean;
  /** `null`: they signed in by other means there, and set a password here by a mailed link. */
  readonly passwordHash: string | null;
  readonly status: UserStatus;
  readonly roles: readonly Role[];
  readonly profile: Profile;
  /** Of a confirmed authenticator app. */
  readonly totpSecret: Uint8Array | null;
  readonly createdAt: Date | null;
  readonly passwordChangedAt: Date | null;
}

type Members = Readonly<Record<string, unknown>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ARGON2ID = /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{22,86}$/;
const PHONE = /^\+[1-9]\d{6,14}$/;
const BASE32 = /^[A-Z2-7]{16,128}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?$/;
const NAME_MAX = 100;
const MEMBERS = new Set([
  'id',
  'email',
  'emailVerified',
  'passwordHash',
  'status',
  'roles',
  'displayName',
  'locale',
  'phone',
  'totpSecret',
  'createdAt',
  'passwordChangedAt',
]);

/** Reads one line of an export; `docs/migration-from-python.md` describes them. */
@Injectable()
export class LegacyLines {
  constructor(private readonly emails: EmailParser) {}

  /** Throws `LineRefused`. */
  read(text: string): LegacyUser {
    const line = membersOf(text);
    const emailVerified = flag(line, 'emailVerified');
    return {
      id: optional(line, 'id', UUID)?.toLowerCase() ?? null,
      email: this.email(line),
      emailVerified,
      passwordHash: passwordHash(line),
      status: oneOf(line, 'status', ['active', 'disabled'], 'active'),
      roles: roles(line),
      profile: {
        displayName: displayName(line),
        locale: oneOf<Locale>(line, 'locale', ['en', 'ko'], 'en'),
        phone: optional(line, 'phone', PHONE),
      },
      totpSecret: totpSecret(line, emailVerified),
      createdAt: time(line, 'createdAt'),
      passwordChangedAt: time(line, 'passwordChangedAt'),
    };
  }

  private email(line: Members): Email {
    const typed = line['email'];
    if (typed === undefined || typed === null) throw new LineRefused('missing_email');
    if (typeof typed !== 'string') throw new LineRefused('invalid_email');
    try {
      return this.emails.parse(typed);
    } catch (error) {
      if (error instanceof InvalidEmail) throw new LineRefused('invalid_email');
      throw error;
    }
  }
}

function membersOf(text: string): Members {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new LineRefused('malformed_json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new LineRefused('not_an_object');
  // What is not understood is not dropped: it may be what somebody counts on.
  if (Object.keys(parsed).some((name) => !MEMBERS.has(name))) throw new LineRefused('unknown_member');
  return parsed as Members;
}

const refused = (name: string): LineRefused =>
  new LineRefused(`invalid_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`);

/** `null` and absence are the same. */
function optional(line: Members, name: string, pattern: RegExp): string | null {
  const value = line[name] ?? null;
  if (value === null) return null;
  if (typeof value !== 'string' || !pattern.test(value)) throw refused(name);
  return value;
}

function flag(line: Members, name: string): boolean {
  const value = line[name] ?? false;
  if (typeof value !== 'boolean') throw refused(name);
  return value;
}

function oneOf<T extends string>(line: Members, name: string, known: readonly T[], fallback: T): T {
  const value = line[name] ?? fallback;
  const found = known.find((each) => each === value);
  if (found === undefined) throw refused(name);
  return found;
}

function passwordHash(line: Members): string | null {
  // Absent, it was forgotten in the export; `null` is meant.
  if (line['passwordHash'] === undefined) throw new LineRefused('missing_password_hash');
  const hash = line['passwordHash'];
  if (hash === null) return null;
  if (typeof hash !== 'string') throw refused('passwordHash');
  if (ARGON2ID.test(hash)) return hash;
  const verdict = bcryptVerdict(hash);
  if (verdict === 'too_costly') throw new LineRefused('password_hash_too_costly');
  if (verdict === 'none') throw refused('passwordHash');
  return hash;
}

function roles(line: Members): Role[] {
  const value = line['roles'] ?? [];
  if (!Array.isArray(value)) throw refused('roles');
  const named = new Set<unknown>(value);
  if ([...named].some((role) => role !== 'user' && role !== 'admin')) throw new LineRefused('unknown_role');
  return named.has('admin') ? ['user', 'admin'] : ['user'];
}

function displayName(line: Members): string | null {
  const value = line['displayName'] ?? null;
  if (value === null) return null;
  const isName =
    typeof value === 'string' && value.length <= NAME_MAX && /\S/u.test(value) && !/[\p{Cc}\u2028\u2029]/u.test(value);
  if (!isName) throw refused('displayName');
  return value;
}

/** Base32 (RFC 4648 §6) as authenticator apps take it: in groups, in small letters, with or without padding. */
function totpSecret(line: Members, emailVerified: boolean): Uint8Array | null {
  const value = line['totpSecret'] ?? null;
  if (value === null) return null;
  const text = typeof value === 'string' ? value.replaceAll(/[\s-]/g, '').replace(/=+$/, '').toUpperCase() : '';
  if (!BASE32.test(text)) throw refused('totpSecret');
  // Whoever registered an address that they never proved must not lock its owner out with an app of theirs.
  return emailVerified ? fromBase32(text) : null;
}

function fromBase32(text: string): Uint8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}

function time(line: Members, name: string): Date | null {
  const text = optional(line, name, TIME);
  if (text === null) return null;
  // Python's naive times are UTC in that service.
  const zoned = /(Z|[+-]\d{2}(:?\d{2})?)$/.test(text.slice(11)) ? text : `${text}Z`;
  const at = new Date(zoned.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'));
  if (Number.isNaN(at.getTime())) throw refused(name);
  return at;
}
