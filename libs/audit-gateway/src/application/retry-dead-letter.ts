import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { DeadLetterRetried } from '../domain/events.js';
import { DeadLetters } from './dead-letters.js';

/** Sends a refused event once more, as it was. */
@Injectable()
export class RetryDeadLetter {
  constructor(
    private readonly letters: DeadLetters,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** False when there is no such dead letter (any more). */
  execute(id: string): Promise<boolean> {
    return this.uow.run(async () => {
      const letter = await this.letters.requeue(id);
      if (letter === null) return false;
      const { eventId, type: eventType, code } = letter;
      const event: DeadLetterRetried = {
        type: 'system.dead_letter_retried',
        userId: null,
        occurredAt: this.clock.now(),
        data: { deadLetterId: id, eventId, eventType, code },
      };
      this.uow.record(event);
      return true;
    });
  }
}
