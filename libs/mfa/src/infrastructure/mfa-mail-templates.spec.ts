import { describe, expect, it } from '@jest/globals';

import { MailDataMissing, UnknownMailTemplate, type MailLanguage } from '#platform/mail';

import { isMfaTemplate, MfaMailTemplates } from './mfa-mail-templates.js';

const templates = new MfaMailTemplates({ publicBaseUrl: 'https://accounts.example.com/id/' });
const NOTICES = [
  'mfa_enabled',
  'mfa_totp_removed',
  'mfa_recovery_codes_renewed',
  'mfa_recovery_code_used',
  'mfa_proof_failed',
  'mfa_passkey_added',
  'mfa_passkey_removed',
  'mfa_passkey_copied',
  'mfa_device_trusted',
  'mfa_recent_removed',
  'mfa_reset_requested',
  'mfa_reset_approved',
  'mfa_reset_stopped',
  'mfa_reset_done',
];
const DATA = {
  at: '2026-03-01T09:00:00.000Z',
  until: '2026-03-31T09:00:00.000Z',
  left: '7',
  token: 'abc.def',
  name: 'Fridge & Sons',
};
const LANGUAGES: MailLanguage[] = ['en', 'ko'];

describe.each(LANGUAGES)('The mails of mfa in "%s"', (language) => {
  it.each(NOTICES)('tell when it happened: %s', (notice) => {
    const { subject, text, html } = templates.render(notice, language, DATA);

    expect(text).toContain('2026-03-01 09:00');
    expect(/\p{Script=Hangul}/u.test(subject)).toBe(language === 'ko');
    expect(/\p{Script=Hangul}/u.test(text)).toBe(language === 'ko');
    expect(html).toContain(`<html lang="${language}">`);
    expect(text).not.toMatch(/undefined|\$\{/);
  });

  it('stop a reset by a link below the configured base, and have no link otherwise', () => {
    const stops = NOTICES.filter((notice) => templates.render(notice, language, DATA).text.includes('https://'));

    expect(stops).toEqual(['mfa_reset_requested', 'mfa_reset_approved']);
    for (const notice of stops) {
      expect(templates.render(notice, language, DATA).text).toContain(
        'https://accounts.example.com/id/stop-mfa-reset?token=abc.def',
      );
    }
  });

  it('name the device or the passkey, or say that it has no name', () => {
    for (const notice of ['mfa_passkey_added', 'mfa_passkey_removed', 'mfa_passkey_copied', 'mfa_device_trusted']) {
      const named = templates.render(notice, language, DATA);
      expect(named.text).toContain('Fridge & Sons');
      expect(named.html).toContain('Fridge &amp; Sons');
      expect(templates.render(notice, language, { ...DATA, name: '' }).text).toMatch(/without a name|이름 없는/);
    }
    expect(templates.render('mfa_device_trusted', language, DATA).text).toContain('2026-03-31 09:00');
  });

  it('are not written without what they tell about', () => {
    for (const notice of NOTICES) expect(() => templates.render(notice, language, {})).toThrow(MailDataMissing);
    const { at } = DATA;
    expect(() => templates.render('mfa_reset_requested', language, { at })).toThrow(MailDataMissing);
    expect(() => templates.render('mfa_recovery_code_used', language, { at })).toThrow(MailDataMissing);
  });
});

describe('The mail templates of mfa', () => {
  it('know their own and no others', () => {
    for (const notice of NOTICES) expect(isMfaTemplate(notice)).toBe(true);
    for (const other of ['verify_email', 'toString', '']) expect(isMfaTemplate(other)).toBe(false);
    expect(() => templates.render('verify_email', 'en', DATA)).toThrow(UnknownMailTemplate);
  });
});
