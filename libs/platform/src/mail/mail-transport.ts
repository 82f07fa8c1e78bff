import type { Mail } from './mail.js';

/** Hands a mail over to whatever carries it on. */
export abstract class MailTransport {
  /**
   * Resolves once the next hop has taken responsibility for the mail.
   *
   * @throws UndeliverableMail when trying again is pointless; any other error is worth another attempt
   */
  abstract send(mail: Mail): Promise<void>;

  /** Gives back what the transport holds open. A mail that is being sent fails. */
  abstract close(): void;
}
