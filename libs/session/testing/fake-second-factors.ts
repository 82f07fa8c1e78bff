import type { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import {
  SecondFactors,
  type HalfSignedIn,
  type SecondFactorCheck,
  type SecondFactorDue,
  type SecondFactorPlace,
  type SecondFactorVerdict,
  type TrustedDevice,
} from '../src/application/second-factor.js';

export const CODE = '492039';
/** The answer of the right authenticator. */
export const PASSKEY = { id: 'Y3JlZGVudGlhbA', response: {} };

/** One code that works once, and challenges that are met once. */
export class FakeSecondFactors extends SecondFactors {
  /** Whether the account has a factor that could be asked for. */
  exists = true;
  locked = false;
  /** Runs after the code was looked at, before it is used up. */
  meanwhile: () => void = () => undefined;
  readonly missing: string[] = [];
  readonly spent = new Set<string>();
  readonly trusted = new Map<string, string | null>();
  readonly #open = new Map<string, HalfSignedIn & { readonly device: string | null }>();

  constructor(private readonly uow: InMemoryUnitOfWork) {
    super();
  }

  async demand(
    user: { readonly id: string; readonly securityEpoch: number },
    { deviceName, rememberMe }: Pick<HalfSignedIn, 'deviceName' | 'rememberMe'>,
    device: string | null,
  ): Promise<SecondFactorDue | null> {
    if (!this.exists) return null;
    const challengeId = `challenge ${String(this.#open.size + 1)}`;
    const { id: userId, securityEpoch } = user;
    this.#open.set(challengeId, { challengeId, userId, securityEpoch, deviceName, rememberMe, device });
    return { mfaToken: challengeId, expiresIn: 300, methods: ['totp', 'recovery_code'] };
  }

  async resume(mfaToken: string, device: string | null): Promise<HalfSignedIn | null> {
    const half = this.#open.get(mfaToken);
    return half?.device === device ? half : null;
  }

  async check({ proof }: SecondFactorCheck): Promise<SecondFactorVerdict> {
    this.uow.assertIdle();
    if (this.locked) return { outcome: 'locked', retryAfterSeconds: 600 };
    const isPasskey = proof.credential === PASSKEY;
    const sent = isPasskey ? 'passkey' : (proof.code ?? '');
    const isRight = (isPasskey || sent === CODE) && !this.spent.has(sent);
    this.meanwhile();
    if (!isRight) return { outcome: 'refused' };
    return { outcome: 'right', amr: isPasskey ? ['hwk', 'user'] : ['otp'], accept: async () => this.#spend(sent) };
  }

  async passkeyOptions(asked: SecondFactorPlace): Promise<Readonly<Record<string, unknown>>> {
    return { ...asked };
  }

  async isTrusted(device: TrustedDevice): Promise<boolean> {
    this.uow.assertActive();
    return this.trusted.has(JSON.stringify(device));
  }

  async trust(device: TrustedDevice, name: string | null): Promise<void> {
    this.uow.assertActive();
    this.trusted.set(JSON.stringify(device), name);
  }

  async close(challengeId: string): Promise<boolean> {
    this.uow.assertActive();
    return this.#open.delete(challengeId);
  }

  async noteMissing(userId: string): Promise<void> {
    this.missing.push(userId);
  }

  #spend(code: string): boolean {
    this.uow.assertActive();
    if (this.spent.has(code)) return false;
    this.spent.add(code);
    return true;
  }
}
