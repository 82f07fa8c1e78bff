import type { SignedIn } from '../support/api-client.js';
import type { Stage } from './stage.js';

/** As many as MAX_CONCURRENT_SESSIONS lets one person have. */
export const MOST_SESSIONS = 5;

/** More passwords at once would wait too long to be hashed, and be refused as too many. */
const AT_ONCE = 8;

/** New people with proven addresses. */
export function people(stage: Stage, count: number): Promise<string[]> {
  return each(Array.from({ length: count }), (_, index) => stage.instances[at(index)].api.verifiedUser());
}

/** A new session for each address. */
export function sessionsOf(stage: Stage, addresses: readonly string[]): Promise<SignedIn[]> {
  return each(addresses, (email, index) => stage.instances[at(index)].api.signIn(email));
}

async function each<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.map((item, index) => ({ item, index }));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next.index] = await work(next.item, next.index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** How many people have so many sessions, five of each. */
export const peopleFor = (sessions: number): number => Math.ceil(sessions / MOST_SESSIONS);

/** `count` sessions, five of each person; of new people, unless there are some whose sessions have ended. */
export async function manySessions(stage: Stage, count: number, addresses?: readonly string[]): Promise<SignedIn[]> {
  const owners = addresses ?? (await people(stage, peopleFor(count)));
  const sessions: SignedIn[] = [];
  while (sessions.length < count) {
    sessions.push(...(await sessionsOf(stage, owners.slice(0, count - sessions.length))));
  }
  return sessions;
}

const at = (index: number): 0 | 1 => (index % 2) as 0 | 1;
