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
}
