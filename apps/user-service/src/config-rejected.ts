import { CloudEventEncoder } from '#audit-gateway';
import type { AppLogger } from '#platform/logging';
import { MetricsRegistry } from '#platform/metrics';
import { FileEventSpool } from '#platform/outbox';
import { SystemIds } from '#platform/system';

import { loadSpoolPlace, type ConfigError } from './config.js';

// What the folder may hold by default, with what an outage has left there: the setting may be what is wrong.
const MOST_BYTES = 64 * 1024 * 1024;
/** A process that is started again and again says so often enough. */
const MOST_FILES = 100;
const MOST_NAMES = 20;

/**
 * Tells of a start that the configuration forbids. There is no database then, so it goes to the spool, from which the
 * next process takes it: only where the environment names a folder for it. Never throws, and changes nothing for whoever
 * reads the message.
 */
export async function tellConfigRejected(error: ConfigError, logger: AppLogger): Promise<void> {
  const place = loadSpoolPlace();
  if (place === undefined || error.problems.some(({ variable }) => variable === 'AUDIT_SPOOL_DIR')) return;
  const { dir, publicBaseUrl } = place;
  const spool = new FileEventSpool({ dir, maxBytes: MOST_BYTES }, logger, new MetricsRegistry());
  try {
    if ((await spool.closedFiles()).length >= MOST_FILES) return;
    const variables = error.problems.slice(0, MOST_NAMES).map(({ variable }) => variable);
    const id = new SystemIds().uuid();
    const event = { type: 'system.config_rejected', userId: null, occurredAt: new Date(), data: { variables } };
    const origin = { actor: { type: 'system' }, request: undefined } as const;
    const record = new CloudEventEncoder({ publicBaseUrl }).encode(id, event, origin);
    if (record !== null) await spool.keep([{ message: { id, topic: 'audit', orderKey: id, payload: record.payload } }]);
    await spool.onApplicationShutdown();
  } catch {
    // The spool has said so in the log.
  }
}
