import { Injectable } from '@nestjs/common';

import { DeviceTrust, MfaApi, PasskeyApi } from '#mfa';

import {
  SecondFactors,
  type HalfSignedIn,
  type SecondFactorCheck,
  type SecondFactorDue,
  type SecondFactorPlace,
  type SecondFactorVerdict,
  type TrustedDevice,
} from '../application/second-factor.js';

type Remembered = Pick<HalfSignedIn, 'deviceName' | 'rememberMe'>;

@Injectable()
export class MfaSecondFactors extends SecondFactors {
  constructor(
    private readonly mfa: MfaApi,
    private readonly passkeys: PasskeyApi,
    private readonly deviceTrust: DeviceTrust,
  ) {
    super();
  }

  async demand(
    { id, securityEpoch }: { readonly id: string; readonly securityEpoch: number },
    { deviceName, rememberMe }: Remembered,
    device: string | null,
  ): Promise<SecondFactorDue | null> {
    const continuation = JSON.stringify({ deviceName, rememberMe } satisfies Remembered);
    const issued = await this.mfa.challenge({ userId: id, securityEpoch, device: device ?? '', continuation });
    return issued && { mfaToken: issued.token, expiresIn: issued.expiresIn, methods: issued.methods };
  }

  async resume(mfaToken: string, device: string | null): Promise<HalfSignedIn | null> {
    const open = await this.mfa.find(mfaToken, device ?? '');
    if (open === null) return null;
    const { id, userId, securityEpoch, continuation } = open;
    return { challengeId: id, userId, securityEpoch, ...(JSON.parse(continuation) as Remembered) };
  }

  check(check: SecondFactorCheck): Promise<SecondFactorVerdict> {
    return this.mfa.prove(check);
  }

  passkeyOptions(asked: SecondFactorPlace): Promise<Readonly<Record<string, unknown>>> {
    return this.passkeys.proofOptions(asked);
  }

  isTrusted(device: TrustedDevice): Promise<boolean> {
    return this.deviceTrust.admits(device);
  }

  trust(device: TrustedDevice, name: string | null): Promise<void> {
    return this.deviceTrust.grant(device, name);
  }

  close(challengeId: string): Promise<boolean> {
    return this.mfa.close(challengeId);
  }

  noteMissing(userId: string): Promise<void> {
    return this.mfa.noteMissingProof(userId);
  }
}
