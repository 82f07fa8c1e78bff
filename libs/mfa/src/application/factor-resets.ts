import type { FactorReset, FactorResetState } from '../domain/factor-reset.js';

/** Changes of resets; every method that is not a look runs inside of a unit of work that holds the account. */
export abstract class FactorResets {
  /** The one that has not ended; locks it. */
  abstract findOpenForUpdate(userId: string): Promise<FactorReset | null>;
  abstract add(reset: FactorReset): Promise<void>;
  abstract save(reset: FactorReset): Promise<void>;
  /** A look, outside of any unit of work. */
  abstract openOf(userId: string): Promise<FactorResetState | null>;
  /** Users whose reset is due, the longest first; a look as well. */
  abstract due(now: Date, limit: number, skip: number): Promise<string[]>;
}

/** Tokens by which the owner stops a reset without signing in. Nothing of them is stored. */
export abstract class StopTokens {
  abstract of(reset: { readonly id: string; readonly userId: string }): string;
  /** Which reset of which user; `null` when it is none of ours. */
  abstract read(token: string): { readonly id: string; readonly userId: string } | null;
}

export abstract class FactorResetSettings {
  /** Hours between the second administrator's agreement and the reset. */
  abstract readonly resetDelayHours: number;
}
