import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork, type DomainEvent } from '#kernel';

import type { KeyPurpose, KeyRotated, MigrationApplied, Started, Stopped, SystemEvent } from '../domain/events.js';

/** What was told before, so that each change is told once, whatever number of processes sees it. */
export abstract class ToldFacts {
  /** Remembers the value in the running unit of work, and returns the one before it, or `null` if nothing changed. */
  abstract replace(fact: string, value: string): Promise<string | null>;

  /** Migrations that were applied after the one named, oldest first. */
  abstract migrationsAfter(id: string | null): Promise<{ readonly id: string; readonly name: string }[]>;
}

export abstract class AnnouncedSettings {
  abstract readonly version: string;
  /** Key ids in use, by what they are for. Ids only, never a key. */
  abstract readonly keys: Readonly<Record<KeyPurpose, string>>;
}

/** Tells of the service itself: that a process began or ended, and what has changed since the one before. */
@Injectable()
export class Announce {
  #isStarted = false;

  constructor(
    private readonly facts: ToldFacts,
    private readonly settings: AnnouncedSettings,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Without the database it is told all the same; what has changed is told by a later start. */
  async started(): Promise<void> {
    this.#isStarted = true;
    const { version } = this.settings;
    await this.uow.tell(this.event<Started>('system.started', { version }));
    await this.uow.run(async () => {
      await this.tellMigrations();
      for (const [purpose, keyId] of Object.entries(this.settings.keys)) {
        await this.tellKey(purpose as KeyPurpose, keyId);
      }
    });
  }

  async stopped(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    await this.uow.tell(this.event<Stopped>('system.stopped', { version: this.settings.version }));
  }

  private async tellKey(purpose: KeyPurpose, keyId: string): Promise<void> {
    const previousKeyId = await this.facts.replace(`key.${purpose}`, keyId);
    if (previousKeyId === null) return;
    this.uow.record(this.event<KeyRotated>('system.key_rotated', { purpose, keyId, previousKeyId }));
  }

  private async tellMigrations(): Promise<void> {
    const newest = (await this.facts.migrationsAfter(null)).at(-1);
    if (newest === undefined) return;
    const told = await this.facts.replace('migration', newest.id);
    if (told === null) return;
    const migrations = (await this.facts.migrationsAfter(told)).map(({ name }) => name);
    // None: the schema went back.
    if (migrations.length === 0) return;
    this.uow.record(this.event<MigrationApplied>('system.migration_applied', { migrations }));
  }

  private event<Event extends SystemEvent>(type: Event['type'], data: Event['data']): DomainEvent {
    return { type, userId: null, occurredAt: this.clock.now(), data };
  }
}
