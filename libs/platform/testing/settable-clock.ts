import { Clock } from '#kernel';

/** A clock that stands still until a test moves it. */
export class SettableClock extends Clock {
  #now: Date;

  /** @param start ISO 8601 */
  constructor(start = '2026-03-01T09:00:00.000Z') {
    super();
    this.#now = new Date(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(time: string): void {
    this.#now = new Date(time);
  }

  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number; milliseconds?: number }): void {
    const { days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = by;
    const total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
    this.#now = new Date(this.#now.getTime() + total);
  }
}
