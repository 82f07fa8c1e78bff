import type { DomainEvent } from '#kernel';

export type DeviceTrusted = DomainEvent<'mfa.device_trusted', { readonly deviceId: string }>;
/** `devices`: how many were trusted until now. */
export type DeviceTrustEnded = DomainEvent<
  'mfa.device_trust_ended',
  { readonly devices: number; readonly reason: 'owner' | 'factors_changed' }
>;
