import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that must not be found, and one way in which it might be written. */
export interface Trace {
  /** `<what> as <form>` */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every way in which a secret could lie around in the clear: as text, escaped, hexadecimal, base64 at any offset. */
export function tracesOf(secrets: Readonly<Record<string, string>>): Trace[] {
  return Object.entries(secrets).flatMap(([what, secret]) => {
    const raw = Buffer.from(secret, 'utf8');
    const hex = raw.toString('hex');
    const escaped = JSON.stringify(secret).slice(1, -1);
    const ascii = escaped.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const forms: Record<string, Buffer | string> = {
      'UTF-8': raw,
      'UTF-16': Buffer.from(secret, 'utf16le'),
      'escaped JSON': ascii,
      'lower-case hex': hex,
      'upper-case hex': hex.toUpperCase(),
      'percent escapes': encodeURIComponent(secret),
    };
    for (const offset of [0, 1, 2]) {
      forms[`base64 at ${offset}`] = base64Core(raw, offset, 'base64');
      forms[`base64url at ${offset}`] = base64Core(raw, offset, 'base64url');
    }
    return Object.entries(forms).map(([form, bytes]) => ({ name: `${what} as ${form}`, bytes: Buffer.from(bytes) }));
  });
}

/** Unkeyed digests: whoever steals the table could find a person by trying addresses. */
export function digestTraces(what: string, text: string): Trace[] {
  return ['sha256', 'sha512', 'sha1', 'md5'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(text).digest();
    return [
      { name: `${what} as ${algorithm}`, bytes: digest },
      { name: `${what} as ${algorithm} in hex`, bytes: Buffer.from(digest.toString('hex')) },
      { name: `${what} as ${algorithm} in base64`, bytes: Buffer.from(digest.toString('base64').replace(/=+$/, '')) },
    ];
  });
}

/** Names of the traces that are in there. */
export function found(traces: readonly Trace[], content: Buffer): string[] {
  return traces.filter(({ bytes }) => content.includes(bytes)).map(({ name }) => name);
}

/** The text, and whatever is hidden in it as hexadecimal (`\x…`, as PostgreSQL writes bytes) or base64. */
export function unfold(text: string): Buffer {
  const hex = [...text.matchAll(/\\\\?x([0-9a-f]{8,})/g)].map(([, digits = '']) => Buffer.from(digits, 'hex'));
  const base64 = [...text.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g)].map(([run]) => Buffer.from(run, 'base64'));
  return Buffer.concat([Buffer.from(text, 'utf8'), ...hex, ...base64]);
}

/** Paths of all files below a folder that were written since then. */
export async function filesBelow(directory: string, since: Date): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const written = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_path, at) => (written[at]?.mtime ?? since) >= since);
}

/** Which traces are in which files; files that vanish meanwhile do not count. */
export async function foundInFiles(traces: readonly Trace[], paths: readonly string[]): Promise<string[]> {
  const hits: string[] = [];
  for (const path of paths) {
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    hits.push(...found(traces, content).map((name) => `${path}: ${name}`));
  }
  return hits;
}

/** The base64 characters that depend on nothing but the secret, when it starts `offset` bytes into a group of three. */
function base64Core(raw: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), raw])
    .toString(encoding)
    .replace(/=+$/, '');
  const tail = (offset + raw.length) % 3 === 0 ? undefined : -1;
  return encoded.slice([0, 2, 3][offset], tail);
}
