import { setTimeout as sleep } from 'node:timers/promises';

import { applyDecorators, Inject, Injectable, UseInterceptors } from '@nestjs/common';
import type { CallHandler, NestInterceptor } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { firstValueFrom, of, type Observable } from 'rxjs';

import { DomainError } from '#kernel';

import { TimeFloorSettings } from './settings.js';

/**
 * Holds every answer of the route, success or refusal, until `TimeFloorSettings.milliseconds` have passed, so that its
 * time does not tell whether an address is known. Put it below the other decorators that add interceptors, next to
 * the method: the lowest is the outermost, and what the others do counts as well.
 */
export function TimeFloor(): MethodDecorator {
  return applyDecorators(UseInterceptors(TimeFloorInterceptor));
}

/**
 * Holds the refusals of the route in the same way, and lets its successes go at once: for a sign-in, whose success
 * tells more than its time could. Being overloaded is no refusal: that answer must cost as little as it can.
 */
export function RefusalTimeFloor(): MethodDecorator {
  return applyDecorators(UseInterceptors(RefusalTimeFloorInterceptor));
}

@Injectable()
export class TimeFloorInterceptor implements NestInterceptor {
  constructor(@Inject(TimeFloorSettings) private readonly settings: TimeFloorSettings) {}

  /** Counts from when the body is complete: a caller that sends it slowly must not use up the floor. */
  async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const due = performance.now() + this.settings.milliseconds;
    try {
      return of(await answerOf(next));
    } finally {
      await until(due);
    }
  }
}

// How long the slowest refusal is remembered, and how much longer than it the next ones are held.
const REMEMBERED_MS = 120_000;
const MARGIN = 1.25;
// A service that is slow for other reasons must not become slower by this.
const MOST_FLOORS = 4;

/**
 * On a busy machine a slow hash takes longer than any floor that was chosen for an idle one. So all refusals take as long
 * as the slowest of the last minutes, within bounds, and its kind is told from the others by its first sample at most.
 */
@Injectable()
export class RefusalTimeFloorInterceptor implements NestInterceptor {
  #slowestMs = 0;
  #until = 0;

  constructor(@Inject(TimeFloorSettings) private readonly settings: TimeFloorSettings) {}

  async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const started = performance.now();
    try {
      return of(await answerOf(next));
    } catch (error) {
      if (error instanceof DomainError && error.kind !== 'overloaded') await until(started + this.floorAfter(started));
      throw error;
    }
  }

  private floorAfter(started: number): number {
    const now = performance.now();
    const floorMs = this.settings.refusalMilliseconds;
    const tookMs = Math.min(now - started, MOST_FLOORS * floorMs);
    if (tookMs >= this.#slowestMs || now > this.#until) {
      this.#slowestMs = tookMs;
      this.#until = now + REMEMBERED_MS;
    }
    return Math.max(floorMs, this.#slowestMs * MARGIN);
  }
}

function answerOf(next: CallHandler): Promise<unknown> {
  return firstValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined });
}

/** Timers may fire up to a millisecond early. */
async function until(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) await sleep(Math.ceil(left));
}
