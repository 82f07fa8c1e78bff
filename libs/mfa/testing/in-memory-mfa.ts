import { InMemoryTable, type InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { MfaAttempts, type AttemptCounter, type AttemptReservation } from '../src/application/ports.js';

const MOST = 5;
const WINDOW_MS = 900_000;
const NOTICES_AN_HOUR = 3;
const HOUR_MS = 3_600_000;

/** Decides races as the database does, because a single thread never interleaves inside of `reserve`. */
export class InMemoryMfaAttempts extends MfaAttempts {
  readonly #failures = new Map<string, Date[]>();
  readonly #notices: InMemoryTable<readonly Date[]>;

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
    this.#notices = new InMemoryTable(uow);
  }

  async reserve(counter: AttemptCounter, now: Date): Promise<AttemptReservation> {
    const recent = this.#recent(counter, now);
    const [oldest = now] = recent;
    if (recent.length >= MOST) {
      const wait = oldest.getTime() + WINDOW_MS - now.getTime();
      return { granted: false, retryAfterSeconds: Math.max(1, Math.ceil(wait / 1_000)) };
    }
    this.#failures.set(keyOf(counter), [...recent, now]);
    return { granted: true, at: now, isLast: recent.length + 1 === MOST };
  }

  async release(counter: AttemptCounter, at: Date): Promise<void> {
    this.uow.assertActive();
    const key = keyOf(counter);
    const left = [...(this.#failures.get(key) ?? [])];
    const index = left.findIndex((time) => time.getTime() === at.getTime());
    if (index >= 0) left.splice(index, 1);
    this.#failures.set(key, left);
  }

  async claimNotice(userId: string, now: Date): Promise<boolean> {
    this.uow.assertActive();
    const recent = (this.#notices.get(userId) ?? []).filter((at) => now.getTime() - at.getTime() < HOUR_MS);
    if (recent.length >= NOTICES_AN_HOUR) return false;
    this.#notices.put(userId, [...recent, now]);
    return true;
  }

  #recent(counter: AttemptCounter, now: Date): Date[] {
    const all = this.#failures.get(keyOf(counter)) ?? [];
    return all.filter((time) => now.getTime() - time.getTime() < WINDOW_MS);
  }
}

function keyOf(counter: AttemptCounter): string {
  const { userId, purpose } = counter;
  return `${purpose} ${userId} ${purpose === 'session_passkey' ? counter.sessionId : ''}`;
}
