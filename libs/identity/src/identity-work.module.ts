import { Module } from '@nestjs/common';

import { IdentityModule } from './identity.module.js';
import { RecoveryAccounts } from './infrastructure/persistence/recovery-accounts.postgres.js';
import { RecoveryBatches } from './infrastructure/recovery-batches.js';
import { RecoveryDispatcher } from './infrastructure/recovery-dispatcher.js';

/** What this context does by itself, in a running service and in no operator's command. */
@Module({ imports: [IdentityModule], providers: [RecoveryAccounts, RecoveryBatches, RecoveryDispatcher] })
export class IdentityWorkModule {}
