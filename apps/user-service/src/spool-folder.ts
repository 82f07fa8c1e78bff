import { proveSpoolFolder } from '#platform/outbox';

import { ConfigError, loadSpoolPlace, type Config } from './config.js';
import type { StartWarning } from './start-warnings.js';

/**
 * A folder that somebody has named for the spool must be one: that it is none would be found out while PostgreSQL is away.
 *
 * @throws ConfigError
 */
export async function refuseUnusableSpool(): Promise<void> {
  const place = loadSpoolPlace();
  if (place === undefined || (await isUsable(place.dir))) return;
  throw new ConfigError([{ variable: 'AUDIT_SPOOL_DIR', reason: 'names a folder that cannot be made or written' }]);
}

/** Environment files of the service before this one name none, so the start must not fail for the one it has by default. */
export async function spoolWarnings({ audit }: Config): Promise<readonly StartWarning[]> {
  if (await isUsable(audit.spool.dir)) return [];
  return [
    {
      fields: { event: 'setting_unusable', code: 'AUDIT_SPOOL_DIR' },
      message: 'the folder of the spool cannot be written: while PostgreSQL is away, refusals are answered with 503',
    },
  ];
}

function isUsable(dir: string): Promise<boolean> {
  return proveSpoolFolder(dir).then(
    () => true,
    () => false,
  );
}
