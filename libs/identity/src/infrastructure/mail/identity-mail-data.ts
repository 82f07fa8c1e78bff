import type { MailLanguage, MailRequest } from '#platform/mail';

/**
 * What each mail of this context needs to be written. No mail repeats what the person behind a request typed (a
 * display name, say): whoever registers somebody else's address could send them text of their own that way.
 */
export interface IdentityMailData {
  /** Asks the owner of a new account's address to confirm it. `signedUpAt`: RFC 3339, UTC. */
  verify_email: { readonly token: string; readonly signedUpAt: string };
  /** Tells the owner of an address that somebody tried to register with it. */
  address_already_registered: Readonly<Record<string, never>>;
}

export type IdentityTemplate = keyof IdentityMailData;

/** A request for the mail queue whose data is what the template needs. */
export function identityMail<Template extends IdentityTemplate>(
  template: Template,
  to: { readonly userId: string; readonly language: MailLanguage },
  data: IdentityMailData[Template],
): MailRequest {
  return { template, userId: to.userId, language: to.language, data: { ...data } };
}
