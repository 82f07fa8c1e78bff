import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import type { DeviceTrusted, DeviceTrustEnded } from '../domain/device-trust-events.js';
import { MfaNotices } from './ports.js';

const DAY_MS = 86_400_000;

export abstract class DeviceTrustSettings {
  /** Days for which a device is trusted; 0: none is. */
  abstract readonly rememberDeviceDays: number;
}

/** A device as its token tells it, and whose it is. */
export interface TrustSubject {
  readonly userId: string;
  /** Trust ends with the epoch of the account: with a new password, for one. */
  readonly securityEpoch: number;
  readonly deviceToken: string;
}

export interface NewTrust extends TrustSubject {
  readonly id: string;
  readonly label: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A trusted device as its owner sees it. */
export interface TrustedDevice {
  readonly id: string;
  readonly label: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date;
}

/** Trust is judged by what it was given for and by what is allowed now, whichever is shorter. */
export interface TrustLimit {
  readonly now: Date;
  /** Of no trust does more count. */
  readonly mostDays: number;
}

/** Changes run inside of a unit of work. */
export abstract class TrustedDevices {
  /** In place of what was there of this device; only its SHA-256 is stored of the token. */
  abstract add(trust: NewTrust): Promise<void>;
  /** True while the device is trusted; notes that it was used. */
  abstract use(subject: TrustSubject, limit: TrustLimit): Promise<boolean>;
  /** Newest first; those that count no more are not among them. */
  abstract listOf(userId: string, limit: TrustLimit): Promise<TrustedDevice[]>;
  /** One of a user, or all of them; how many there were. */
  abstract remove(userId: string, id?: string): Promise<number>;
}

/** What whoever runs the service allows, as of now. */
@Injectable()
export class TrustTerms {
  constructor(
    private readonly settings: DeviceTrustSettings,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  get isOffered(): boolean {
    return this.settings.rememberDeviceDays > 0;
  }

  get now(): Date {
    return this.clock.now();
  }

  get limit(): TrustLimit {
    return { now: this.now, mostDays: this.settings.rememberDeviceDays };
  }

  trustIn(subject: TrustSubject, label: string | null): NewTrust {
    const createdAt = this.now;
    const expiresAt = new Date(createdAt.getTime() + this.settings.rememberDeviceDays * DAY_MS);
    return { ...subject, id: this.ids.uuid(), label, createdAt, expiresAt };
  }
}

/** Where a second factor was proven, it need not be asked for each time, if whoever runs the service allows it. */
@Injectable()
export class DeviceTrust {
  constructor(
    private readonly devices: TrustedDevices,
    private readonly terms: TrustTerms,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
  ) {}

  /** Tells the owner. Does nothing where no device is trusted. Joins the running unit of work. */
  async grant(subject: TrustSubject, label: string | null): Promise<void> {
    if (!this.terms.isOffered) return;
    const trust = this.terms.trustIn(subject, label);
    const { id: deviceId, userId, createdAt, expiresAt } = trust;
    const event: DeviceTrusted = { type: 'mfa.device_trusted', userId, occurredAt: createdAt, data: { deviceId } };
    const notice = { name: label ?? '', at: createdAt.toISOString(), until: expiresAt.toISOString() };
    await this.uow.run(async () => {
      await this.devices.add(trust);
      this.uow.record(event);
      await this.notices.send('mfa_device_trusted', userId, notice);
    });
  }

  /** Inside of a unit of work that holds the account. */
  async admits(subject: TrustSubject): Promise<boolean> {
    return this.terms.isOffered && this.devices.use(subject, this.terms.limit);
  }

  list(userId: string): Promise<TrustedDevice[]> {
    return this.devices.listOf(userId, this.terms.limit);
  }

  /** `false` when there was nothing to end. Joins the running unit of work. */
  end(userId: string, reason: DeviceTrustEnded['data']['reason'], id?: string): Promise<boolean> {
    return this.uow.run(async () => {
      const devices = await this.devices.remove(userId, id);
      if (devices === 0) return false;
      const event: DeviceTrustEnded = {
        type: 'mfa.device_trust_ended',
        userId,
        occurredAt: this.terms.now,
        data: { devices, reason },
      };
      this.uow.record(event);
      return true;
    });
  }
}
