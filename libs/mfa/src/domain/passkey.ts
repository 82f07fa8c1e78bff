import { AggregateRoot } from '#kernel';

import type { FactorAdded, PasskeyEvent } from './events.js';

/** More than anybody has devices; bounds the options that a browser is sent. */
export const MOST_PASSKEYS = 20;

/** What the relying party keeps of a public key credential (WebAuthn §4, "credential record"). */
export interface PasskeyState {
  readonly id: string;
  readonly userId: string;
  /** As the authenticator calls it; base64url. */
  readonly credentialId: string;
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Uint8Array;
  /** What its owner calls it; `null` when they gave it no name. */
  readonly name: string | null;
  /** How the browser can reach the authenticator: a hint, never trusted. */
  readonly transports: readonly string[];
  /** Of signatures, as the authenticator counts; zero for ever where it does not. */
  counter: number;
  /** Whether the key may be copied to other devices: decided when it was made, and never changed since. */
  readonly backupEligible: boolean;
  backedUp: boolean;
  readonly createdAt: Date;
  lastUsedAt: Date | null;
}

export type NewPasskey = Omit<PasskeyState, 'createdAt' | 'lastUsedAt'>;

/** What a signature that holds says about the authenticator. */
export interface Assertion {
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

export type UseVerdict = 'accepted' | 'counter_regressed' | 'other_authenticator';

/** One key pair of a user, whose private half never leaves the authenticator. */
export class Passkey extends AggregateRoot<PasskeyEvent> {
  #state: PasskeyState;

  private constructor(state: PasskeyState) {
    super();
    this.#state = state;
  }

  /** `added`: where, and what becomes of what was handed out before. */
  static add(fields: NewPasskey, added: FactorAdded, now: Date): Passkey {
    const passkey = new Passkey({ ...fields, createdAt: now, lastUsedAt: null });
    const { id: passkeyId, userId, backupEligible: synced } = fields;
    passkey.record({ type: 'mfa.passkey_added', userId, occurredAt: now, data: { passkeyId, synced, ...added } });
    return passkey;
  }

  static restore(state: PasskeyState): Passkey {
    return new Passkey({ ...state });
  }

  get state(): Readonly<PasskeyState> {
    return this.#state;
  }

  /** Its owner signed with it. Nothing changes unless that is accepted (WebAuthn §7.2, steps 18 to 22). */
  use(assertion: Assertion, now: Date): UseVerdict {
    const { counter: stored, backupEligible, id: passkeyId, userId } = this.#state;
    if (assertion.backupEligible !== backupEligible) return 'other_authenticator';
    const { counter: presented } = assertion;
    if ((presented !== 0 || stored !== 0) && presented <= stored) {
      const data = { passkeyId, stored, presented };
      this.record({ type: 'mfa.passkey_counter_regressed', userId, occurredAt: now, data });
      return 'counter_regressed';
    }
    this.#state.counter = presented;
    this.#state.backedUp = assertion.backedUp;
    this.#state.lastUsedAt = now;
    return 'accepted';
  }

  /** Its owner gives it up in that session. */
  remove(sessionId: string, now: Date): void {
    const { id: passkeyId, userId } = this.#state;
    this.record({ type: 'mfa.passkey_removed', userId, occurredAt: now, data: { passkeyId, sessionId } });
  }
}
