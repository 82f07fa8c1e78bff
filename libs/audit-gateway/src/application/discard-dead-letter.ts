import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { DeadLetterDiscarded } from '../domain/events.js';
import { DeadLetters } from './dead-letters.js';

/** Gives a refused event up. Only a person decides that. */
@Injectable()
export class DiscardDeadLetter {
  constructor(
    private readonly letters: DeadLetters,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** False when there is no such dead letter (any more). */
  execute(id: string): Promise<boolean> {
    return this.uow.run(async () => {
      const letter = await this.letters.remove(id);
      if (letter === null) return false;
      const { eventId, type: eventType, code } = letter;
      const event: DeadLetterDiscarded = {
        type: 'system.dead_letter_discarded',
        userId: null,
        occurredAt: this.clock.now(),
        data: { deadLetterId: id, eventId, eventType, code },
      };
      this.uow.record(event);
      return true;
    });
  }
}
