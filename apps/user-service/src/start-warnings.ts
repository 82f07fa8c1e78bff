import type { Config } from './config.js';

// RFC 6761 §6.3: localhost and all below it are this machine.
const LOCAL_URL = /^https?:\/\/(?:[^/]*\.)?localhost(?:[:/]|$)/i;
const LOCAL_MAILBOX = /[@.]localhost>?$/i;

/** Something the service starts with all the same, and that whoever runs it should know. */
export interface StartWarning {
  readonly fields: { readonly event: string; readonly code: string; readonly count?: number };
  readonly message: string;
}

/** `code` names the variable to look at. */
export function startWarnings({ debug, server, mail, redis, rateLimit }: Config): readonly StartWarning[] {
  const warnings: StartWarning[] = [];
  if (server.replicas > 1 && redis === undefined) {
    warnings.push({
      fields: { event: 'rate_limits_per_process', code: 'REPLICAS', count: server.replicas },
      message: 'without REDIS_URL each instance counts by itself and lets its share of the rate limit through',
    });
  }
  if (!debug && rateLimit.enabled && server.trustedProxies.length === 0) {
    warnings.push({
      fields: { event: 'proxies_not_trusted', code: 'TRUSTED_PROXIES' },
      message: 'callers that come through a proxy share one rate limit, until its address is named',
    });
  }
  if (!debug) warnings.push(...unusableLinks(server.publicBaseUrl, mail.from));
  return warnings;
}

/** Environment files of the service before this one name neither, so the start must not fail for it. */
function unusableLinks(publicBaseUrl: string, from: string): StartWarning[] {
  const warnings: StartWarning[] = [];
  if (LOCAL_URL.test(publicBaseUrl)) {
    warnings.push({
      fields: { event: 'setting_unusable', code: 'PUBLIC_BASE_URL' },
      message: 'links in mails lead to localhost: nobody else can open them',
    });
  }
  if (LOCAL_MAILBOX.test(from)) {
    warnings.push({
      fields: { event: 'setting_unusable', code: 'MAIL_FROM' },
      message: 'mails come from localhost: other mail servers will refuse them',
    });
  }
  return warnings;
}
