import { Injectable, Logger } from '@nestjs/common';

/** Names of the OWASP Logging Vocabulary that this service uses. */
export type SecurityEventName =
  | 'authn_login_fail'
  | 'authn_login_fail_max'
  | 'authn_login_lock'
  | 'authn_login_successafterfail'
  | 'authn_token_reuse'
  | 'authz_fail'
  | 'crypt_decrypt_fail'
  | 'excess_rate_limit_exceeded'
  | 'input_validation_fail';

/** Safe to keep in a log: identifiers, route templates and codes; never values that a caller sent. */
export type SecurityEventFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where security-relevant refusals are written down, for whoever watches the logs. */
export abstract class SecurityLog {
  abstract event(name: SecurityEventName, fields: SecurityEventFields): void;
}

/** Writes one warning per event with Nest's logger. */
@Injectable()
export class NestSecurityLog extends SecurityLog {
  readonly #logger = new Logger('Security');

  override event(name: SecurityEventName, fields: SecurityEventFields): void {
    this.#logger.warn({ event: name, ...fields });
  }
}
