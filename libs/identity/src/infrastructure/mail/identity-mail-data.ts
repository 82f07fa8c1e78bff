import type { MailRequest } from '#platform/mail';

/**
 * What each mail of this context needs to be written. No mail repeats what the person behind a request typed (a
 * display name, say): whoever registers somebody else's address could send them text of their own that way.
 */
export interface IdentityMailData {
  /** Asks the owner of a new account's address to confirm it. `signedUpAt`: RFC 3339, UTC. */
  verify_email: { readonly token: string; readonly signedUpAt: string };
  /** Tells the owner of an address that somebody tried to register with it. */
  address_already_registered: Readonly<Record<string, never>>;
  /** Lets the owner of an account set a new password. */
  reset_password: { readonly token: string };
  /** Asks at an address that somebody wants for their account. `account`: the present address, masked. */
  confirm_email_change: { readonly token: string; readonly account: string };
  /** Tells the address before that somebody wishes for another, masked; the token takes it back. */
  email_change_requested: { readonly token: string; readonly address: string };
  /** Tells the same once it has happened. */
  email_changed: { readonly token: string; readonly address: string };
  /** Tells that the password is another one. */
  password_changed: Readonly<Record<string, never>>;
  /** Tells that the right password came after so many wrong ones. */
  signed_in_after_failures: { readonly failures: string };
}

export type IdentityTemplate = keyof IdentityMailData;

/** A request for the mail queue whose data is what the template needs. */
export function identityMail<Template extends IdentityTemplate>(
  template: Template,
  to: Pick<MailRequest, 'userId' | 'language' | 'address'>,
  data: IdentityMailData[Template],
): MailRequest {
  return { template, ...to, data: { ...data } };
}
