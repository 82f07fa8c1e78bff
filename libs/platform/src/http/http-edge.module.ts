import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';

import { isDatabaseUnavailable } from '#platform/persistence';
import { RedisUnavailable } from '#platform/redis';

import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { docsBaseOf, ProblemPageController } from './problem-page.js';
import { ProblemRenderer } from './problem-renderer.js';
import { ProblemFilter } from './problem.filter.js';
import { ProblemCatalogue, type ProblemTexts } from './problem.js';
import { NestSecurityLog, SecurityLog } from './security-log.js';
import { HttpSettings } from './settings.js';
import { StrictValidationPipe } from './validation.pipe.js';

export interface HttpEdgeOptions {
  /** The contexts' error texts; the platform's own are always there. */
  readonly problems: readonly ProblemTexts[];
  /** Texts of the platform's own codes that are other ones here: what is too large depends on what is taken. */
  readonly instead?: ProblemTexts;
  /** Default: `NestSecurityLog`. */
  readonly securityLog?: Type<SecurityLog>;
}

/** Validation and errors, for every application. Expects `HttpSettings` from a global module. */
@Module({})
export class HttpEdgeModule {
  static forRoot({ problems, instead, securityLog = NestSecurityLog }: HttpEdgeOptions): DynamicModule {
    return {
      module: HttpEdgeModule,
      global: true,
      controllers: [ProblemPageController],
      providers: [
        { provide: SecurityLog, useClass: securityLog },
        {
          provide: ProblemCatalogue,
          useFactory: () => new ProblemCatalogue([{ ...PLATFORM_PROBLEMS, ...instead }, ...problems]),
        },
        {
          provide: ProblemRenderer,
          inject: [ProblemCatalogue, HttpSettings],
          useFactory: (catalogue: ProblemCatalogue, { publicBaseUrl }: HttpSettings) =>
            new ProblemRenderer(catalogue, docsBaseOf(publicBaseUrl), isDependencyUnavailable),
        },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
        ProblemFilter,
        { provide: APP_FILTER, useExisting: ProblemFilter },
      ],
      exports: [SecurityLog, ProblemCatalogue, ProblemRenderer],
    };
  }
}

function isDependencyUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || error instanceof RedisUnavailable;
}
