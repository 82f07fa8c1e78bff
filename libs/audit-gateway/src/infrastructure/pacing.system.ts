import { Injectable } from '@nestjs/common';

import { Pacing } from '../application/ports.js';

@Injectable()
export class SystemPacing extends Pacing {
  now(): number {
    return performance.now();
  }

  random(): number {
    return Math.random();
  }
}
