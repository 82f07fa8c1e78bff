import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { ageInSeoul } from '../domain/age.js';
import { BirthDateRequired, UnderAge } from '../domain/errors.js';
import { IdentitySettings } from './ports.js';

/** Who may register without a guardian (PIPA Art. 22-2: 14 years; GDPR Art. 8: 13 to 16). */
@Injectable()
export class AgeLimit {
  constructor(
    private readonly settings: IdentitySettings,
    private readonly clock: Clock,
  ) {}

  /** Throws `BirthDateRequired`, `UnderAge`. The date is looked at and forgotten. */
  check(birthDate: string | undefined): void {
    const { minimumAge } = this.settings;
    if (minimumAge === undefined) return;
    if (birthDate === undefined) throw new BirthDateRequired();
    if (ageInSeoul(birthDate, this.clock.now()) < minimumAge) throw new UnderAge();
  }
}
