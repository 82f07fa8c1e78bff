import { AuditReceiver, DeliveryMonitor, OutboxLanes, Pacing } from '../src/application/ports.js';
import type { Answer, Batch, Rejection, SealedEvent } from '../src/domain/delivery.js';

/** A clock that only tests move, and chance that is always the same. */
export class SettablePacing extends Pacing {
  ms = 0;
  chance = 0.5;
  crowded = false;

  now(): number {
    return this.ms;
  }

  random(): number {
    return this.chance;
  }

  othersWait(): boolean {
    return this.crowded;
  }
}

interface Lane {
  readonly waiting: (SealedEvent & { readonly age: number })[];
  attempts: number;
  dueAt: number;
  isHeld: boolean;
}

const ageOf = ({ waiting }: Lane): number => waiting[0]?.age ?? 0;

/** Lanes in memory, for one process; leases do not run out. */
export class InMemoryOutboxLanes extends OutboxLanes {
  readonly lanes = new Map<number, Lane>();
  readonly deadLetters: Rejection[] = [];
  resumed = 0;
  #sequence = 0n;

  constructor(private readonly pacing: Pacing) {
    super();
  }

  /** So many events more in a lane; `age`: how old each of them is by then, in seconds. */
  fill(lane: number, count: number, age: (index: number) => number = () => 1): string[] {
    const { waiting } = this.laneOf(lane);
    return Array.from({ length: count }, (_, index) => {
      this.#sequence += 1n;
      const id = `event-${String(this.#sequence)}`;
      waiting.push({ id, sequence: this.#sequence, text: '{}', age: age(index) });
      return id;
    });
  }

  get left(): number {
    return [...this.lanes.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  claim(isProbe: boolean): Promise<number | null> {
    const free = [...this.lanes]
      .filter(([, lane]) => !lane.isHeld && lane.waiting.length > 0)
      .filter(([, lane]) => isProbe || lane.dueAt <= this.pacing.now())
      .sort(([, a], [, b]) => (isProbe ? a.attempts - b.attempts : 0) || ageOf(b) - ageOf(a));
    const [lane, found] = free[0] ?? [null, undefined];
    if (found !== undefined) found.isHeld = true;
    return Promise.resolve(lane);
  }

  next(lane: number, limit: number): Promise<Batch | null> {
    const events = this.laneOf(lane).waiting.slice(0, limit);
    return Promise.resolve(
      events.length === 0 ? null : { id: events[0]?.id ?? '', lane, events, ageSeconds: events[0]?.age ?? 0 },
    );
  }

  confirm({ lane, events }: Batch, rejected: readonly Rejection[]): Promise<void> {
    const found = this.laneOf(lane);
    found.waiting.splice(0, events.length);
    found.attempts = 0;
    this.deadLetters.push(...rejected);
    return Promise.resolve();
  }

  postpone(lane: number, seconds: number): Promise<void> {
    const found = this.laneOf(lane);
    Object.assign(found, { isHeld: false, attempts: found.attempts + 1, dueAt: this.pacing.now() + seconds * 1_000 });
    return Promise.resolve();
  }

  release(lane: number): Promise<void> {
    this.laneOf(lane).isHeld = false;
    return Promise.resolve();
  }

  abandon(lane: number): void {
    this.laneOf(lane).isHeld = false;
  }

  releaseAll(): Promise<void> {
    for (const lane of this.lanes.values()) lane.isHeld = false;
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.resumed += 1;
    for (const lane of this.lanes.values()) lane.dueAt = 0;
    return Promise.resolve();
  }

  private laneOf(number: number): Lane {
    const lane = this.lanes.get(number) ?? { waiting: [], attempts: 0, dueAt: 0, isHeld: false };
    this.lanes.set(number, lane);
    return lane;
  }
}

/** Answers as told, and remembers what it was sent and when. */
export class ScriptedReceiver extends AuditReceiver {
  readonly batches: Batch[] = [];
  readonly times: number[] = [];
  answer: (batch: Batch) => Answer = accepted;

  constructor(private readonly pacing: Pacing) {
    super();
  }

  send(batch: Batch): Promise<Answer> {
    this.batches.push(batch);
    this.times.push(this.pacing.now());
    return Promise.resolve(this.answer(batch));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const accepted = ({ events }: Batch): Answer => ({
  kind: 'answered',
  status: 202,
  receipt: { accepted: events.length, duplicates: 0, rejected: [] },
});

export const status = (code: number, more: object = {}): Answer => ({ kind: 'answered', status: code, ...more });

export class CountingMonitor extends DeliveryMonitor {
  readonly results: string[] = [];
  readonly totals = { delivered: 0, duplicates: 0, rejected: 0 };
  outages = 0;
  retries = 0;

  attempted(result: string): void {
    this.results.push(result);
  }

  confirmed(events: { delivered: number; duplicates: number; rejected: number }): void {
    this.totals.delivered += events.delivered;
    this.totals.duplicates += events.duplicates;
    this.totals.rejected += events.rejected;
  }

  delay(): void {
    // Nobody asks here how long it took.
  }

  retried(): void {
    this.retries += 1;
  }

  deadLetter(): void {
    // The lanes keep them.
  }

  outage(): void {
    this.outages += 1;
  }
}
