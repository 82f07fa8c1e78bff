import { Injectable } from '@nestjs/common';

import { SignInSettings } from './sign-in-attempts.js';

// As long as a hash may wait for its turn, with the hash.
const MAX_WAIT_MS = 4_000;
const PAUSE_MS = 100;
// Of all names together, each of which holds one request.
const MOST_WAITING = 512;

interface Line {
  active: number;
  readonly waiting: Set<() => void>;
}

/**
 * Lets as many attempts under one name work at once as may fail, so that somebody who signs in many times at once with the
 * right password is let in each time instead of finding all attempts reserved. The counts in the database decide.
 */
@Injectable()
export class Turns {
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(private readonly settings: SignInSettings) {}

  /** `null`, and nothing was done, when the turn did not come in time. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    const line = this.#lines.get(name) ?? { active: 0, waiting: new Set() };
    this.#lines.set(name, line);
    if (line.active < this.settings.failures) line.active += 1;
    else if (!(await this.#turn(line))) return null;
    try {
      return await work();
    } finally {
      this.#leave(name, line);
    }
  }

  /** Until others may have come further. */
  pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }

  #turn(line: Line): Promise<boolean> {
    if (this.#waiting >= MOST_WAITING) return Promise.resolve(false);
    this.#waiting += 1;
    return new Promise((resolve) => {
      const end = (isTurn: boolean): void => {
        clearTimeout(deadline);
        line.waiting.delete(start);
        this.#waiting -= 1;
        resolve(isTurn);
      };
      const start = (): void => {
        end(true);
      };
      const deadline = setTimeout(() => {
        end(false);
      }, MAX_WAIT_MS);
      line.waiting.add(start);
    });
  }

  // The place of the one who leaves is handed over, so that nobody overtakes.
  #leave(name: string, line: Line): void {
    const [next] = line.waiting;
    if (next !== undefined) {
      next();
      return;
    }
    line.active -= 1;
    if (line.active === 0) this.#lines.delete(name);
  }
}
