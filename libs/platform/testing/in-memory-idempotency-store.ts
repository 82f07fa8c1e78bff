import { IdempotencyStore, type IdempotencyClaim, type Reservation, type StoredAnswer } from '#platform/http';

interface Entry {
  readonly request: string;
  answer: StoredAnswer | undefined;
}

/** Decides races as the database does, because a single thread never interleaves inside of `reserve`. */
export class InMemoryIdempotencyStore extends IdempotencyStore {
  readonly #entries = new Map<string, Entry>();

  async reserve(claim: IdempotencyClaim): Promise<Reservation> {
    const entry = this.#entries.get(idOf(claim));
    if (entry === undefined) {
      this.#entries.set(idOf(claim), { request: claim.request, answer: undefined });
      return { outcome: 'reserved' };
    }
    if (entry.request !== claim.request) return { outcome: 'other_request' };
    return entry.answer ? { outcome: 'answered', answer: entry.answer } : { outcome: 'in_progress' };
  }

  async complete(claim: IdempotencyClaim, answer: StoredAnswer): Promise<void> {
    const entry = this.#entries.get(idOf(claim));
    if (entry) entry.answer = answer;
  }

  async release(claim: IdempotencyClaim): Promise<void> {
    this.#entries.delete(idOf(claim));
  }

  async forget({ route, caller }: Pick<IdempotencyClaim, 'route' | 'caller'>): Promise<void> {
    for (const [id, { answer }] of this.#entries) {
      const [, ofRoute, ofCaller] = JSON.parse(id) as string[];
      if (answer && ofRoute === route && ofCaller === caller) this.#entries.delete(id);
    }
  }
}

function idOf({ key, route, caller }: IdempotencyClaim): string {
  return JSON.stringify([key, route, caller]);
}
