import { Module } from '@nestjs/common';

import { MfaQueries } from './application/mfa-queries.js';
import { MfaController } from './infrastructure/http/mfa.controller.js';
import { PostgresMfaQueries } from './infrastructure/persistence/mfa.queries.postgres.js';

/** That it is really them. Settings and the platform's services come from global modules. */
@Module({
  controllers: [MfaController],
  providers: [{ provide: MfaQueries, useClass: PostgresMfaQueries }],
})
export class MfaModule {}
