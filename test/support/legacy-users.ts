import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

import * as bcrypt from 'bcrypt';

/** A user of the service before, as its export writes them. */
export type LegacyUserLine = Readonly<Record<string, unknown>>;

export const LEGACY_PASSWORD = 'alte Birnen im Keller 17';

/** Of {@link LEGACY_PASSWORD}; `kind` is what other implementations write instead of `b`. */
export async function legacyHash(kind: 'a' | 'b' | 'y' = 'b', password = LEGACY_PASSWORD): Promise<string> {
  return (await bcrypt.hash(password, 4)).replace('$2b$', `$2${kind}$`);
}

export function legacyUser(n: number, passwordHash: string, more: LegacyUserLine = {}): LegacyUserLine {
  const hex = n.toString(16).padStart(12, '0');
  return {
    id: `0b5e7c1a-4d2f-4a6b-8c3d-${hex}`,
    email: `legacy.${n}@example.com`,
    emailVerified: true,
    passwordHash,
    displayName: `이용자 ${n}`,
    locale: n % 2 === 0 ? 'ko' : 'en',
    phone: null,
    roles: ['user'],
    createdAt: '2024-05-01T03:04:05.678901+00:00',
    ...more,
  };
}

/** Writes an export without ever holding it. */
export async function writeExport(file: string, lines: Iterable<LegacyUserLine | string>): Promise<void> {
  const stream = createWriteStream(file, { mode: 0o600 });
  for (const line of lines) {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    if (!stream.write(`${text}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}
