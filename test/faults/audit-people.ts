import { setTimeout as delay } from 'node:timers/promises';

import { freshEmail, signedIn, type Answer, type ApiClient, type SignedIn } from '../support/api-client.js';
import type { AuditWorld } from './audit-world.js';

const PAUSE_MS = 40;

type Deed = 'register' | 'fail' | 'leave' | 'refresh' | 'change';

/** Each with its chance where none before it was done. */
const DEEDS: readonly (readonly [number, Deed])[] = [
  [0.05, 'register'],
  [0.05, 'fail'],
  [0.05, 'leave'],
  [0.25, 'refresh'],
];

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What was answered, by kind. */
export interface Tally {
  operations: number;
  acknowledged: number;
  refused: number;
  /** Neither: nobody knows whether it happened. */
  unknown: number;
  /** Wrong passwords that were answered as such, and those of which nobody knows. */
  failures: number;
  doubtfulFailures: number;
}

/** One person who does this and that, whatever they are answered, one thing after the other. */
export class Person {
  #session: SignedIn | undefined;
  #changes = 0;

  constructor(
    private readonly world: AuditWorld,
    private readonly email: string,
    private readonly random: () => number,
    private readonly tally: Tally,
  ) {}

  async act(): Promise<void> {
    const api = this.world.api(this.random() < 0.5 ? 0 : 1);
    const [, deed] = DEEDS.find(([share]) => this.random() < share) ?? [0, 'change' as const];
    if (this.#session === undefined) await this.signIn(api);
    else await this.do(deed, api, this.#session);
    await delay(this.random() * PAUSE_MS);
  }

  private async do(deed: Deed, api: ApiClient, session: SignedIn): Promise<void> {
    if (deed === 'register') {
      await this.count(api.register(freshEmail('torture')));
    } else if (deed === 'fail') {
      const answer = await this.count(api.login(freshEmail('nobody'), 'it was another one, I think'));
      if (answer?.status === 401) this.tally.failures += 1;
      else this.tally.doubtfulFailures += 1;
    } else if (deed === 'leave') {
      this.forget(await this.count(api.logout(session.accessToken)), 204);
    } else if (deed === 'refresh') {
      const answer = await this.count(api.refresh(session.refreshToken));
      if (answer?.status === 200) this.#session = signedIn(answer);
      this.forget(answer);
    } else {
      this.#changes += 1;
      this.forget(await this.count(api.patchMe(session.accessToken, { displayName: `name ${this.#changes}` })));
    }
  }

  private async signIn(api: ApiClient): Promise<void> {
    const answer = await this.count(api.login(this.email));
    if (answer?.status === 200) this.#session = signedIn(answer);
  }

  /** The session is over, or may be. */
  private forget(answer: Answer | undefined, over = 401): void {
    if (answer?.status === 401 || answer?.status === over) this.#session = undefined;
  }

  private async count(call: Promise<Answer>): Promise<Answer | undefined> {
    this.tally.operations += 1;
    const answer = await call.catch(() => undefined);
    if (answer === undefined || answer.status >= 500) this.tally.unknown += 1;
    else if (answer.status < 300) this.tally.acknowledged += 1;
    else this.tally.refused += 1;
    return answer;
  }
}
