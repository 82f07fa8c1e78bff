import { createLogger } from '#platform/logging';

import { loadAuditConfig } from './config.js';
import { createAuditApp } from './create-app.js';
import { buildAuditOpenApi } from './openapi.js';

/** `apps/audit-service/openapi.json`: the service is described, never connected to anything. */
export async function auditServiceDescription(): Promise<string> {
  const config = loadAuditConfig({
    DEBUG: 'true',
    AUDIT_DATABASE_URL: 'postgresql://audit_service@localhost/audit_service',
    AUDIT_SERVICE_API_KEY: 'described-only',
  });
  const logger = createLogger({ level: 'fatal', service: 'audit-service', version: '1.0.0' });
  return `${JSON.stringify(buildAuditOpenApi(await createAuditApp(config, logger)), null, 2)}\n`;
}
