import { Module, type DynamicModule, type Type } from '@nestjs/common';

import { ImportedFactors, ImportRules, ImportUsers, UserImports } from './application/import-users.js';
import { LegacyLines } from './application/legacy-line.js';
import { IdentityModule } from './identity.module.js';
import { PostgresUserImports } from './infrastructure/persistence/user-imports.postgres.js';

/** Moving users here, for an operator's command. */
@Module({})
export class IdentityImportModule {
  /** @param factors keeps second factors; it belongs to a context that this one does not know */
  static withFactors(factors: Type<ImportedFactors>): DynamicModule {
    return {
      module: IdentityImportModule,
      imports: [IdentityModule],
      providers: [
        LegacyLines,
        ImportRules,
        ImportUsers,
        { provide: UserImports, useClass: PostgresUserImports },
        { provide: ImportedFactors, useClass: factors },
      ],
      exports: [ImportUsers],
    };
  }
}
