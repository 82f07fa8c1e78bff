import { Injectable } from '@nestjs/common';
import { SecurityLog, type SecurityEventFields, type SecurityEventName } from '#platform/http';
import { MetricsRegistry, type LabelledCounter } from '#platform/metrics';
import { AppLogger } from './app-logger.js';

// OWASP Logging Vocabulary. Total, so that a new name cannot be forgotten here.
const EVENTS: Readonly<Record<SecurityEventName, true>> = {
  authn_login_fail: true,
  authn_login_fail_max: true,
  authn_login_lock: true,
  authn_login_successafterfail: true,
  authn_token_reuse: true,
  authz_fail: true,
  crypt_decrypt_fail: true,
  excess_rate_limit_exceeded: true,
  input_validation_fail: true,
};

/** Security events as warnings of the process's log, and as a counter that alerts can watch. */
@Injectable()
export class PinoSecurityLog extends SecurityLog {
  readonly #counter: LabelledCounter;

  constructor(
    private readonly logger: AppLogger,
    metrics: MetricsRegistry,
  ) {
    super();
    const help = 'Security events by their OWASP Logging Vocabulary name';
    this.#counter = metrics.counter('security_events_total', help, 'event', Object.keys(EVENTS));
  }

  override event(name: SecurityEventName, fields: SecurityEventFields): void {
    this.#counter.increment(name);
    this.logger.warn({ ...fields, event: name }, 'security event');
  }
}
