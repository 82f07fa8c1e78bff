/** The languages mails are written in. */
export type MailLanguage = 'en' | 'ko';

/** What the mail says, before it has an address. `text` and `html` say the same. */
export interface MailContent {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** A whole document without remote content: no image, style sheet, font or script that a reader would fetch. */
  readonly html: string;
}

/** A mail on its way out. */
export interface Mail extends MailContent {
  /** Id of the outbox row. The Message-ID is made of it, so that a mail sent twice is recognisably the same one. */
  readonly id: string;
  readonly template: string;
  readonly language: MailLanguage;
  readonly to: string;
}

/** What a use case asks for. */
export interface MailRequest {
  readonly template: string;
  /** The person it goes to. The address is looked up when the mail is sent. */
  readonly userId: string;
  readonly language: MailLanguage;
  /**
   * Where it goes instead of the stored address: one that is to be proven, or was the stored one until now. Never what
   * somebody typed: the one form in which addresses are stored. Kept encrypted like `data`.
   */
  readonly address?: string;
  /** What the template needs (tokens, names). Kept encrypted with the user's data key until the mail is sent. */
  readonly data: Readonly<Record<string, string>>;
}
