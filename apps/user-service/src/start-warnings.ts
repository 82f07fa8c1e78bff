import type { Config } from './config.js';

/** Something the service starts with all the same, and that whoever runs it should know. */
export interface StartWarning {
  readonly fields: { readonly event: string; readonly code: string; readonly count?: number };
  readonly message: string;
}

/** `code` names the variable to look at. */
export function startWarnings({ server }: Config): readonly StartWarning[] {
  const warnings: StartWarning[] = [];
  if (server.replicas > 1) {
    warnings.push({
      fields: { event: 'rate_limits_per_process', code: 'REPLICAS', count: server.replicas },
      message: 'rate limits count in each instance: together they let through as many times more',
    });
  }
  return warnings;
}
