import type { INestApplicationContext } from '@nestjs/common';

import { Announce } from '#audit-gateway';
import type { AppLogger } from '#platform/logging';

/** Nobody waits for it: a service that cannot tell of its start serves all the same, and says so here. */
export function announceStart(app: INestApplicationContext, logger: Pick<AppLogger, 'warn'>): void {
  app
    .get(Announce, { strict: false })
    .started()
    .catch((error: unknown) => {
      logger.warn({ event: 'audit.start_untold', err: error }, 'what changed since the last start could not be told');
    });
}
