import type { DomainEvent } from '#kernel';

/** A user of the service before moved here, with the password and perhaps the authenticator app they had there. */
export type Imported = DomainEvent<
  'identity.imported',
  { readonly roles: readonly string[]; readonly verified: boolean; readonly secondFactor: boolean }
>;
