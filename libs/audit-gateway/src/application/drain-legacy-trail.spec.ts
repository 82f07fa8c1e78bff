import { describe, expect, it } from '@jest/globals';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import {
  DrainLegacyTrail,
  LegacyTrail,
  type HandedRows,
  type TrailPosition,
  type TrailState,
  type Verified,
} from './drain-legacy-trail.js';

/** Hands over what a test has prepared, look by look. */
class ScriptedTrail extends LegacyTrail {
  dropped = false;
  readonly positions: TrailPosition[] = [];
  readonly drops: unknown[] = [];
  readonly forgotten: string[] = [];

  constructor(
    private readonly looks: HandedRows[],
    private readonly mayDrop: boolean,
    private readonly verifies = true,
  ) {
    super();
  }

  async stateOf(): Promise<TrailState | null> {
    return this.dropped ? null : { rows: 3, handed: 3 };
  }

  async handOver(_table: string, after: TrailPosition): Promise<HandedRows> {
    this.positions.push(after);
    return this.looks.shift() ?? { handed: 0, next: null };
  }

  async verify(): Promise<Verified | null> {
    return this.verifies ? ('7' as Verified) : null;
  }

  async drop(_table: string, since: Verified, limitMs: number): Promise<boolean> {
    this.drops.push([since, limitMs]);
    this.dropped = this.mayDrop;
    return this.mayDrop;
  }

  async forget(table: string): Promise<void> {
    this.forgotten.push(table);
  }
}

describe('Draining a table', () => {
  const looks = (): HandedRows[] => [
    { handed: 2, next: ['2'] },
    { handed: 0, next: null },
    { handed: 1, next: null },
  ];
  const drain = (trail: LegacyTrail, keep = false) =>
    new DrainLegacyTrail(trail, new InMemoryUnitOfWork()).execute(
      'public.audit_events',
      { keep, lockMs: 500 },
      () => undefined,
    );

  it('begins again until a look finds nothing, because rows may come in before the last one', async () => {
    const trail = new ScriptedTrail(looks(), true);

    expect(await drain(trail)).toMatchObject({ handedNow: 3, dropped: true });
    expect(trail.positions).toEqual([null, ['2'], null, null]);
    expect(trail.drops).toEqual([['7', 500]]);
    expect(trail.forgotten).toEqual(['public.audit_events']);
  });

  it('says that the table stays when a row of it is not accounted for, or when it is wished for', async () => {
    expect(await drain(new ScriptedTrail(looks(), false))).toMatchObject({ handedNow: 3, dropped: false });
    const unaccounted = new ScriptedTrail(looks(), true, false);
    expect(await drain(unaccounted)).toMatchObject({ handedNow: 3, dropped: false });
    expect([unaccounted.drops, unaccounted.forgotten]).toEqual([[], []]);
    const kept = new ScriptedTrail(looks(), true);
    expect(await drain(kept, true)).toMatchObject({ dropped: false });
    expect(kept.drops).toEqual([]);
  });
});
