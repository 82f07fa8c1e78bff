import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LocalRunError } from './local-run-error.js';

/** The secrets of one local run's data. Without them the data cannot be read any more. */
export interface LocalKeys {
  readonly jwtSecret: string;
  readonly dataEncryptionKeys: string;
  readonly blindIndexKey: string;
  readonly databasePassword: string;
  readonly superuserPassword: string;
  readonly auditServiceApiKey: string;
  readonly auditDatabasePassword: string;
  readonly auditOwnerPassword: string;
}

const NAMES = ['jwtSecret', 'dataEncryptionKeys', 'blindIndexKey', 'databasePassword', 'superuserPassword'] as const;
/** What data of an earlier version has no use for yet: made when it is missing. */
const LATER_NAMES = ['auditServiceApiKey', 'auditDatabasePassword', 'auditOwnerPassword'] as const;

/** Reads the keys, or makes them at the first start; never makes new ones for data that is there already. */
export async function loadKeys(file: string, hasData: boolean): Promise<LocalKeys> {
  if (existsSync(file)) return completed(parseKeys(await readFile(file, 'utf8'), file), file);
  if (hasData) {
    throw new LocalRunError(
      `${file} is missing, and the data beside it cannot be read without: restore it, or remove ${dirname(file)}.`,
    );
  }
  const keys = generateKeys();
  return written(keys, file);
}

async function completed(keys: LocalKeys, file: string): Promise<LocalKeys> {
  const isWhole = LATER_NAMES.every((name) => Object.hasOwn(keys, name));
  return isWhole ? keys : written({ ...generateKeys(), ...keys }, file);
}

async function written(keys: LocalKeys, file: string): Promise<LocalKeys> {
  await writeDurably(file, `${JSON.stringify(keys, null, 2)}\n`);
  return keys;
}

function generateKeys(): LocalKeys {
  return {
    jwtSecret: randomBytes(64).toString('base64url'),
    dataEncryptionKeys: `local-1:${randomBytes(32).toString('base64')}`,
    blindIndexKey: randomBytes(32).toString('base64'),
    databasePassword: randomBytes(24).toString('base64url'),
    superuserPassword: randomBytes(24).toString('base64url'),
    auditServiceApiKey: randomBytes(32).toString('base64url'),
    auditDatabasePassword: randomBytes(24).toString('base64url'),
    auditOwnerPassword: randomBytes(24).toString('base64url'),
  };
}

function parseKeys(text: string, file: string): LocalKeys {
  const keys = jsonObject(text);
  if (keys === undefined || !NAMES.every((name) => typeof keys[name] === 'string' && keys[name] !== '')) {
    throw new LocalRunError(`${file} is damaged: restore it, or remove ${dirname(file)} to begin anew.`);
  }
  return keys as unknown as LocalKeys;
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, also when the power goes: the file is complete on disk before it gets its name. */
async function writeDurably(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.chmod(0o600); // a draft that a killed run left behind may have any mode
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
