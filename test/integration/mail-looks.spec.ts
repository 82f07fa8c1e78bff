import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';

import { IdentityMailTemplates } from '#identity';
import { MfaMailTemplates } from '#mfa';
import type { MailLanguage, MailTemplates } from '#platform/mail';
import { SessionMailTemplates } from '#session';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';

const links = { publicBaseUrl: 'https://accounts.example.com/id/' };
const identity = new IdentityMailTemplates(links, { verificationTokenHours: 24, minimumAge: undefined });
const session = new SessionMailTemplates();
const mfa = new MfaMailTemplates(links);

const MAILS: readonly [template: string, from: MailTemplates][] = [
  ['verify_email', identity],
  ['address_already_registered', identity],
  ['reset_password', identity],
  ['confirm_email_change', identity],
  ['email_change_requested', identity],
  ['email_changed', identity],
  ['password_changed', identity],
  ['signed_in_after_failures', identity],
  ['session_new_device', session],
  ['session_evicted', session],
  ['session_refresh_reused', session],
  ['mfa_enabled', mfa],
  ['mfa_proof_failed', mfa],
  ['mfa_reset_requested', mfa],
];
// As long as they come: one word that no line of a phone has room for.
const LONG = 'q7'.repeat(32);
const DATA = {
  ...{ token: LONG, signedUpAt: '2026-02-28T23:05:00.000Z', account: 'u***@example.com', address: 'n***@example.com' },
  ...{ failures: '12', device: LONG, since: '2026-03-01T09:00:00.000Z', at: '2026-03-01T09:00:00.000Z', left: '7' },
  ...{ until: '2026-03-31T09:00:00.000Z', name: LONG },
};
const LANGUAGES: readonly MailLanguage[] = ['en', 'ko'];

// Evaluated in the page: what a reader on a phone would stumble over.
const STUMBLES = `(() => {
  const found = [];
  const texts = [...document.querySelectorAll('p, a, h1, td, code')].filter((part) => part.textContent.trim() !== '');
  if (texts.length === 0) found.push('nothing to read');
  if (document.documentElement.scrollWidth > innerWidth) found.push('scrolls sideways');
  for (const part of texts) {
    if (parseFloat(getComputedStyle(part).fontSize) < 13) found.push('small: ' + part.textContent);
    if (part.getBoundingClientRect().right > innerWidth) found.push('cut off: ' + part.textContent);
  }
  return found;
})()`;

describe('The mails in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_FLAGS] });
  }, 360_000);
  afterAll(() => browser.close());

  it.each(LANGUAGES)('can be read on a phone in "%s", and fetch nothing', async (language) => {
    const page = await browser.newPage({ viewport: { width: 320, height: 568 } });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    for (const [template, templates] of MAILS) {
      await page.setContent(templates.render(template, language, DATA).html);

      expect({ template, stumbles: await page.evaluate(STUMBLES) }).toEqual({ template, stumbles: [] });
    }
    await page.close();
    expect(fetched).toEqual([]);
  });
});
