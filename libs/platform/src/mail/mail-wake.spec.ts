import { describe, expect, it } from '@jest/globals';

import { MailWake } from './mail-wake.js';

describe('Waiting for mails', () => {
  it('ends by itself', async () => {
    expect(await new MailWake().wait(1)).toBe(false);
  });

  it('ends early when called', async () => {
    const wake = new MailWake();
    const waiting = wake.wait(60_000);
    wake.call();

    expect(await waiting).toBe(true);
  });

  it('does not miss a call between two waits, and counts it once', async () => {
    const wake = new MailWake();
    wake.call();

    expect(await wake.wait(60_000)).toBe(true);
    expect(await wake.wait(1)).toBe(false);
  });
});
