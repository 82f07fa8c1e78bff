import type { SignedIn } from '../support/api-client.js';
import type { Stage } from './stage.js';

/** As many as MAX_CONCURRENT_SESSIONS lets one person have. */
export const MOST_SESSIONS = 5;

/** New people with proven addresses. */
export function people(stage: Stage, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => stage.instances[at(index)].api.verifiedUser()));
}

/** A new session for each address. */
export function sessionsOf(stage: Stage, addresses: readonly string[]): Promise<SignedIn[]> {
  return Promise.all(addresses.map((email, index) => stage.instances[at(index)].api.signIn(email)));
}

/** `count` sessions of new people, five of each. */
export async function manySessions(stage: Stage, count: number): Promise<SignedIn[]> {
  const addresses = await people(stage, Math.ceil(count / MOST_SESSIONS));
  const sessions: SignedIn[] = [];
  // The sessions of all of them, then again: a password is hashed for each, and only so many may wait for that.
  while (sessions.length < count)
    sessions.push(...(await sessionsOf(stage, addresses.slice(0, count - sessions.length))));
  return sessions;
}

const at = (index: number): 0 | 1 => (index % 2) as 0 | 1;
