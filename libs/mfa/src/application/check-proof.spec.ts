import { beforeEach, describe, expect, it } from '@jest/globals';

import { DomainError } from '#kernel';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { InMemoryMfaAttempts } from '../../testing/in-memory-mfa.js';
import type { FactorMethodName } from '../domain/methods.js';
import { CheckProof, FactorMethods, ProofTraces, type ProofRequest, type ProofVerdict } from './check-proof.js';
import { FactorMethod, MfaMetrics, MfaNotices, type FactorVerdict } from './ports.js';

const USER = 'user';

class Busy extends DomainError {
  readonly code = 'overloaded';
  readonly kind = 'overloaded';
}

/** Answers what a test wants next. */
class ScriptedMethod extends FactorMethod {
  verdict: FactorVerdict | Error = { outcome: 'refused', reason: 'wrong_code' };
  looks = 0;

  constructor(
    readonly name: FactorMethodName,
    private readonly uow: InMemoryUnitOfWork,
  ) {
    super();
  }

  async verify(): Promise<FactorVerdict> {
    this.uow.assertIdle();
    this.looks += 1;
    if (this.verdict instanceof Error) throw this.verdict;
    return this.verdict;
  }
}

class RecordedNotices extends MfaNotices {
  readonly sent: string[] = [];

  async send(notice: string): Promise<void> {
    this.sent.push(notice);
  }
}

class RecordedMetrics extends MfaMetrics {
  readonly proofs: string[] = [];
  lockouts = 0;

  proof(method: FactorMethodName | null, outcome: string): void {
    this.proofs.push(`${String(method)} ${outcome}`);
  }

  lockedOut(): void {
    this.lockouts += 1;
  }
}

describe('MF-06 A proof', () => {
  let uow: InMemoryUnitOfWork;
  let totp: ScriptedMethod;
  let passkey: ScriptedMethod;
  let notices: RecordedNotices;
  let metrics: RecordedMetrics;
  let proofs: CheckProof;

  beforeEach(() => {
    uow = new InMemoryUnitOfWork();
    const clock = new SettableClock();
    const attempts = new InMemoryMfaAttempts(uow);
    totp = new ScriptedMethod('totp', uow);
    passkey = new ScriptedMethod('passkey', uow);
    notices = new RecordedNotices();
    metrics = new RecordedMetrics();
    const traces = new ProofTraces(attempts, notices, metrics, uow, clock);
    proofs = new CheckProof(new FactorMethods([totp, passkey]), attempts, traces, uow, clock);
  });

  const check = (changes: Partial<ProofRequest> = {}): Promise<ProofVerdict> =>
    proofs.execute({ userId: USER, purpose: 'sign_in', bond: 'c', proof: { method: 'totp' }, ...changes });
  const stepUp = { purpose: 'step_up', bond: 'session' } as const;
  const outcomes = async (times: number, changes: Partial<ProofRequest> = {}): Promise<string[]> => {
    const seen: string[] = [];
    for (let time = 0; time < times; time += 1) seen.push((await check(changes)).outcome);
    return seen;
  };

  it('is looked at five times while it is wrong, and not at all after that', async () => {
    expect(await outcomes(7)).toEqual([...Array<string>(5).fill('refused'), 'locked', 'locked']);
    expect(totp.looks).toBe(5);
    expect(metrics.lockouts).toBe(1);
    expect(notices.sent).toEqual(Array<string>(3).fill('mfa_proof_failed'));
  });

  it('that is right counts as no guess, and is told of once it is used up', async () => {
    totp.verdict = { outcome: 'right', amr: ['otp'], accept: async () => true };
    for (let time = 0; time < 10; time += 1) {
      const verdict = await check();
      if (verdict.outcome !== 'right') throw new Error(verdict.outcome);
      expect(await uow.run(verdict.accept)).toBe(true);
    }
    expect(uow.publishedTypes).toEqual(Array<string>(10).fill('mfa.challenge_succeeded'));
    expect(metrics.proofs).toEqual(Array<string>(10).fill('totp succeeded'));
  });

  it('that is right and nobody finishes counts as a guess', async () => {
    totp.verdict = { outcome: 'right', amr: ['otp'], accept: async () => true };

    expect(await outcomes(6)).toEqual([...Array<string>(5).fill('right'), 'locked']);
  });

  it('that was used before, or by somebody faster, counts as no guess and opens nothing', async () => {
    totp.verdict = { outcome: 'refused', reason: 'used_code' };
    expect(await outcomes(10)).toEqual(Array<string>(10).fill('refused'));

    totp.verdict = { outcome: 'right', amr: ['otp'], accept: async () => false };
    const verdict = await check();
    expect(verdict.outcome === 'right' && (await uow.run(verdict.accept))).toBe(false);
    expect(uow.published.at(-1)).toMatchObject({ type: 'mfa.challenge_failed', data: { reason: 'used_code' } });
    totp.verdict = { outcome: 'refused', reason: 'wrong_code' };
    expect(await outcomes(5)).toEqual(Array<string>(5).fill('refused'));
  });

  it('that nobody could look at, because the service was busy, counts as no guess', async () => {
    totp.verdict = new Busy('busy');
    for (let time = 0; time < 10; time += 1) await expect(check()).rejects.toThrow(Busy);

    totp.verdict = { outcome: 'refused', reason: 'wrong_code' };
    expect(await outcomes(6)).toEqual([...Array<string>(5).fill('refused'), 'locked']);
  });

  it('that broke on the way counts as a guess: who knows what was learned by it', async () => {
    totp.verdict = new Error('broken');
    for (let time = 0; time < 5; time += 1) await expect(check()).rejects.toThrow('broken');

    expect(await outcomes(1)).toEqual(['locked']);
  });

  it('of a code counts the same within a session and at a sign-in', async () => {
    await outcomes(3);
    expect(await outcomes(3, stepUp)).toEqual(['refused', 'refused', 'locked']);
    expect(await outcomes(1)).toEqual(['locked']);
  });

  it('of a passkey within a session locks no sign-in, and accuses nobody of knowing the password', async () => {
    const shown = { ...stepUp, proof: { method: 'passkey' } } as const;

    expect(await outcomes(6, shown)).toEqual([...Array<string>(5).fill('refused'), 'locked']);
    expect(notices.sent).toEqual([]);
    expect(await outcomes(1)).toEqual(['refused']);
    expect(await outcomes(1, { proof: { method: 'passkey' } })).toEqual(['refused']);
    expect(await outcomes(1, { ...shown, bond: 'another session' })).toEqual(['refused']);
  });

  it('of a kind that there is not is refused like a wrong one', async () => {
    expect((await check({ proof: { method: 'recovery_code', code: 'x' } })).outcome).toBe('refused');
    expect(uow.published.at(-1)).toMatchObject({ data: { method: 'recovery_code', reason: 'no_such_factor' } });
  });
});
