/** What is sent as a proof of a second factor. */
export interface SecondFactorProof {
  readonly method: 'totp' | 'recovery_code' | 'passkey';
  readonly code?: string | undefined;
  readonly credential?: unknown;
}

/** What somebody who knows the password has to do next. Times in seconds. */
export interface SecondFactorDue {
  readonly mfaToken: string;
  readonly expiresIn: number;
  readonly methods: readonly string[];
}

/** A sign-in that stopped at the second factor. */
export interface HalfSignedIn {
  readonly challengeId: string;
  readonly userId: string;
  readonly securityEpoch: number;
  readonly deviceName: string | null;
  readonly rememberMe: boolean;
}

export type SecondFactorVerdict =
  | { readonly outcome: 'locked'; readonly retryAfterSeconds: number }
  | { readonly outcome: 'refused' }
  | {
      readonly outcome: 'right';
      /** Without the password (RFC 8176). */
      readonly amr: readonly string[];
      /** Inside of a unit of work that holds the account, which has to commit whatever the answer: uses the proof up. */
      readonly accept: () => Promise<boolean>;
    };

/** Where a second factor is proven. */
export interface SecondFactorPlace {
  readonly userId: string;
  readonly purpose: 'sign_in' | 'step_up';
  /** The challenge of the sign-in, or the session: what is asked for there counts there and nowhere else. */
  readonly bond: string;
}

export interface SecondFactorCheck extends SecondFactorPlace {
  readonly proof: SecondFactorProof;
}

/** A device that showed its token. Trust ends with the epoch of the account. */
export interface TrustedDevice {
  readonly userId: string;
  readonly securityEpoch: number;
  readonly deviceToken: string;
}

/** Asks the context that knows second factors. */
export abstract class SecondFactors {
  /** `null` when the user has none at all, whatever the account says. `device`: how it describes itself. */
  abstract demand(
    user: { readonly id: string; readonly securityEpoch: number },
    signIn: Pick<HalfSignedIn, 'deviceName' | 'rememberMe'>,
    device: string | null,
  ): Promise<SecondFactorDue | null>;
  /** `null` when the token opens nothing, or not from this device. */
  abstract resume(mfaToken: string, device: string | null): Promise<HalfSignedIn | null>;
  /** Never inside of a unit of work. Throws `Overloaded`. */
  abstract check(check: SecondFactorCheck): Promise<SecondFactorVerdict>;
  /** What the browser is asked for a passkey with, as a proof for this and for nothing else. */
  abstract passkeyOptions(asked: SecondFactorPlace): Promise<Readonly<Record<string, unknown>>>;
  /** Inside of a unit of work that holds the account: the user is not asked for a second factor on this device. */
  abstract isTrusted(device: TrustedDevice): Promise<boolean>;
  /** Inside of a unit of work: from now on, if whoever runs the service allows it. */
  abstract trust(device: TrustedDevice, name: string | null): Promise<void>;
  /** Inside of a unit of work: `false` when somebody met the challenge before. */
  abstract close(challengeId: string): Promise<boolean>;
  /** Leaves a trace of a second factor that was due within a session, and did not come. */
  abstract noteMissing(userId: string): Promise<void>;
}
