import type { FactorMethodName } from '../domain/methods.js';

/** A passkey as its owner sees it. */
export interface PasskeySummary {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** What somebody can prove a second factor by. */
export interface MfaStatus {
  readonly totpEnabled: boolean;
  readonly passkeys: readonly PasskeySummary[];
  readonly recoveryCodesLeft: number;
}

/** Reads that change nothing. */
export abstract class MfaQueries {
  abstract statusOf(userId: string): Promise<MfaStatus>;
  /** What a challenge can be met with, in the order of `FACTOR_METHODS`; recovery codes only beside a factor. */
  abstract methodsOf(userId: string): Promise<FactorMethodName[]>;
  /** Users with a second factor, and all active ones: counted while they are few, else estimated from some of them. */
  abstract enrolment(): Promise<{ readonly enrolled: number; readonly active: number }>;
}
