/** Who mails come from. */
export abstract class MailSettings {
  /** An address, alone or as `Name <address>`. */
  abstract readonly from: string;
}

/** Which server the SMTP transport hands mails to. */
export abstract class SmtpSettings {
  abstract readonly host: string;
  abstract readonly port: number;
  /** TLS from the first byte (RFC 8314 §3.3). */
  abstract readonly implicitTls: boolean;
  /** Send nothing unless STARTTLS succeeds. Without it STARTTLS is used where the server offers it. */
  abstract readonly requireStartTls: boolean;
  abstract readonly username: string | undefined;
  abstract readonly password: string | undefined;
}

/** Where the file transport writes to. */
export abstract class MailFileSettings {
  abstract readonly directory: string;
}
