/** Who mails come from. */
export abstract class MailSettings {
  /** An address, alone or as `Name <address>`. */
  abstract readonly from: string;
}

/** Which server the SMTP transport hands mails to. */
export abstract class SmtpSettings {
  /** `smtp://` or `smtps://` (TLS from the first byte, RFC 8314 §3.3), with credentials if the server wants some. */
  abstract readonly url: string;
  /** Send nothing unless STARTTLS succeeds. Without it STARTTLS is used where the server offers it. */
  abstract readonly requireStartTls: boolean;
}

/** Where the file transport writes to. */
export abstract class MailFileSettings {
  abstract readonly directory: string;
}
