/** When the things happened to an account that its row still tells of. */
export interface AccountHistory {
  readonly createdAt: Date;
  readonly emailVerifiedAt: Date | null;
  readonly passwordChangedAt: Date;
}

/** Reads of what an account has been through. */
export abstract class AccountHistories {
  /** `null` when there is no such account. */
  abstract of(userId: string): Promise<AccountHistory | null>;
}
