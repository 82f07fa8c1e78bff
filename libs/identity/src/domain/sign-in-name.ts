import type { Email } from './email.js';

/**
 * What attempts to sign in are counted under: one name for all spellings in which an address can be tried, whether or not
 * anybody has it. What follows a `+` does not count, since mail to it usually goes to the same person.
 */
export function signInName(typed: string, email: Email | null): string {
  const name = email?.value ?? typed.normalize('NFKC').trim().toLowerCase();
  return name.replace(/\+[^@]*(?=@)/, '');
}
