import type { Provider } from '@nestjs/common';

import { AddPasskey, FirstRecoveryCodes, PasskeyRegistrations } from './application/add-passkey.js';
import { BeginPasskey, PasskeyOwners } from './application/begin-passkey.js';
import { PasskeyApi } from './application/passkey-api.js';
import { PasskeyChallenges, Passkeys } from './application/passkey-ports.js';
import { ReadPasskeyProof, SpendPasskeyProof } from './application/prove-passkey.js';
import { RemovePasskey } from './application/remove-passkey.js';
import { DeviceTrust, TrustedDevices, TrustTerms } from './application/trusted-devices.js';
import { WebAuthn } from './application/web-authn.js';
import { ExpiredPasskeyChallenges } from './infrastructure/persistence/expired-passkey-challenges.js';
import { PostgresPasskeyChallenges } from './infrastructure/persistence/passkey-challenges.postgres.js';
import { PostgresPasskeys } from './infrastructure/persistence/passkeys.postgres.js';
import { DeviceTrustPolicies } from './infrastructure/device-trust.policies.js';
import {
  ExpiredTrustedDevices,
  PostgresTrustedDevices,
} from './infrastructure/persistence/trusted-devices.postgres.js';
import { SimpleWebAuthn } from './infrastructure/web-authn.simplewebauthn.js';

/** What passkeys and trusted devices need besides what all kinds of factor share. */
export const PASSKEY_PROVIDERS: readonly Provider[] = [
  BeginPasskey,
  PasskeyOwners,
  PasskeyRegistrations,
  FirstRecoveryCodes,
  AddPasskey,
  RemovePasskey,
  ReadPasskeyProof,
  SpendPasskeyProof,
  PasskeyApi,
  ExpiredPasskeyChallenges,
  DeviceTrust,
  TrustTerms,
  DeviceTrustPolicies,
  ExpiredTrustedDevices,
  { provide: TrustedDevices, useClass: PostgresTrustedDevices },
  { provide: PasskeyChallenges, useClass: PostgresPasskeyChallenges },
  { provide: Passkeys, useClass: PostgresPasskeys },
  { provide: WebAuthn, useClass: SimpleWebAuthn },
];
