/**
 * Trouble that trying again does not cure. The dispatcher parks the mail instead. `code` goes to logs and metrics,
 * so it never holds an address or content.
 */
export abstract class UndeliverableMail extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A row names a template that this version does not know. */
export class UnknownMailTemplate extends UndeliverableMail {
  readonly code = 'unknown_template';
}

/** A row lacks data that its template needs. */
export class MailDataMissing extends UndeliverableMail {
  readonly code = 'data_missing';
}

/**
 * The recipient or the data cannot be decrypted: altered, moved, or a key that is gone. None of it mends itself within a
 * day; an operator must act.
 */
export class MailUnreadable extends UndeliverableMail {
  readonly code = 'unreadable';
}

/** The mail server refused the recipient for good, and said so with an enhanced status code (RFC 3463). */
export class MailRefused extends UndeliverableMail {
  readonly code = 'refused';
}

/** An address or subject holds control characters, which could add header lines. */
export class MailHeaderUnsafe extends UndeliverableMail {
  readonly code = 'header_unsafe';
}
