import { parseEnv } from 'node:util';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger } from '#platform/logging';
import { loadConfig } from '../config.js';
import { VARIABLE_GROUPS } from '../config/variables.js';
import { createApp } from '../create-app.js';
import { VERSION } from '../version.js';
import { renderEnvExample } from './configuration-doc.js';

export const SAMPLE_BASE_URL = 'http://localhost:8000';

/** The service as `.env.example` configures it: complete enough to be described, never connected to anything. */
export async function createSampleApp(): Promise<NestFastifyApplication> {
  const config = loadConfig({
    ...parseEnv(renderEnvExample(VARIABLE_GROUPS)),
    DEBUG: 'true',
    PUBLIC_BASE_URL: SAMPLE_BASE_URL,
  });
  return createApp(config, createLogger({ level: 'fatal', service: 'user-service', version: VERSION }));
}
