import { describe, expect, it } from '@jest/globals';

import { MailDataMissing, type MailLanguage, UnknownMailTemplate } from '#platform/mail';

import { identityMail } from './identity-mail-data.js';
import { IdentityMailTemplates } from './identity-mail-templates.js';

const TOKEN = 'pVx3q-1_TzkX0a9bQmN4rYwS7uE2hL6cDfGjKoPiBvC';
const templates = new IdentityMailTemplates(
  { publicBaseUrl: 'https://accounts.example.com/id/' },
  { verificationTokenHours: 12, minimumAge: undefined },
);
const DATA = { token: TOKEN, signedUpAt: '2026-02-28T23:05:00.000Z' };
const LANGUAGES: MailLanguage[] = ['en', 'ko'];

describe.each(LANGUAGES)('The mails of identity in "%s"', (language) => {
  it('carry the confirmation link below the configured base, alone on its line', () => {
    const mail = templates.render('verify_email', language, DATA);
    const url = `https://accounts.example.com/id/verify-email?token=${TOKEN}`;

    expect(mail.text.split('\n')).toContain(url);
    expect(mail.html).toContain(`<a href="${url}" `);
  });

  it('show the bare token for people without a browser', () => {
    const { text } = templates.render('verify_email', language, DATA);

    expect(text).toContain('POST /api/v1/auth/verify-email');
    expect(text.split('\n')).toContain(TOKEN);
  });

  it('say how long the link works, as configured', () => {
    expect(templates.render('verify_email', language, DATA).text).toMatch(/\b12(?: hours|시간)/);
  });

  it('hold no token, link or command when the address is taken', () => {
    const mail = templates.render('address_already_registered', language, DATA);

    expect(mail.text).not.toContain('token');
    expect(mail.text).not.toContain('http');
    expect(mail.html).not.toContain('href');
    expect(mail.text).toContain('accounts.example.com');
  });

  it('advise the owner of a proven address to nothing that needs an unproven one', () => {
    const { text } = templates.render('address_already_registered', language, {});

    // Asking for a confirmation mail is answered by silence once the address is proven.
    expect(text).not.toMatch(/confirm|확인/);
    expect(text).toMatch(/existing password|기존 비밀번호/);
  });

  it('say their language and load nothing from elsewhere', () => {
    for (const template of ['verify_email', 'address_already_registered']) {
      const { html, subject } = templates.render(template, language, DATA);

      expect(html).toContain(`<html lang="${language}">`);
      expect(html).not.toMatch(/<(?:img|script|link|iframe|style)\b|\ssrc=|url\(/);
      expect(/\p{Script=Hangul}/u.test(subject)).toBe(language === 'ko');
    }
  });

  it('keep every line short enough for SMTP without re-encoding', () => {
    // RFC 5321 §4.5.3.1.6: 1000 octets with the line end.
    for (const template of ['verify_email', 'address_already_registered']) {
      const { html, text } = templates.render(template, language, DATA);
      const longest = Math.max(...`${text}\n${html}`.split('\n').map((line) => Buffer.byteLength(line)));

      expect(longest).toBeLessThan(998);
    }
  });
});

describe('The confirmation mail', () => {
  it.each([
    ['en', '28 February 2026 at 23:05 (UTC)', 'do not open the link'],
    ['ko', '2026년 3월 1일 오전 8:05 (한국 시간)', '링크를 열지 마세요'],
  ] as const)(
    'RC-07 says in "%s" when the sign-up was made, and to leave alone any other',
    (language, time, advice) => {
      const { text } = templates.render('verify_email', language, DATA);

      expect(text).toContain(time);
      expect(text).toContain(advice);
    },
  );
});

describe('The mail templates of identity', () => {
  it('refuse a template they do not have, names of object members included', () => {
    expect(() => templates.render('welcome', 'en', {})).toThrow(UnknownMailTemplate);
    expect(() => templates.render('constructor', 'en', {})).toThrow(UnknownMailTemplate);
  });

  it('refuse data without the token or the time, and never write "undefined" into a link', () => {
    expect(() => templates.render('verify_email', 'en', { signedUpAt: DATA.signedUpAt })).toThrow(MailDataMissing);
    expect(() => templates.render('verify_email', 'en', { token: TOKEN })).toThrow(MailDataMissing);
  });

  it('escape what a link or page must not be broken by', () => {
    const { html } = templates.render('verify_email', 'en', { ...DATA, token: '"><script>' });

    expect(html).not.toContain('<script>');
    expect(html).toContain('?token=%22%3E%3Cscript%3E');
  });
});

describe('A request for a mail', () => {
  it('names the person and not the address', () => {
    const userId = '0193b2c0-0000-7000-8000-000000000001';

    expect(identityMail('verify_email', { userId, language: 'ko' }, DATA)).toEqual({
      template: 'verify_email',
      userId,
      language: 'ko',
      data: DATA,
    });
  });
});
