/** Who mails come from. */
export abstract class MailSettings {
  /** An address, alone or as `Name <address>`. */
  abstract readonly from: string;
}

/** Where the SMTP transport connects to. */
export abstract class SmtpSettings {
  /** `smtp://` or `smtps://`, with credentials if the server wants some. */
  abstract readonly url: string;
}

/** Where the file transport writes to. */
export abstract class MailFileSettings {
  abstract readonly directory: string;
}
