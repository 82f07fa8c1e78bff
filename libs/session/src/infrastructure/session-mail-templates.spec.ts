import { describe, expect, it } from '@jest/globals';

import { MailDataMissing, UnknownMailTemplate, type MailLanguage } from '#platform/mail';

import { isSessionTemplate, SessionMailTemplates, type SessionTemplate } from './session-mail-templates.js';

const DATA = { device: 'Galaxy <S25>', since: '2026-02-28T23:05:59.000Z' };
const LANGUAGES: MailLanguage[] = ['en', 'ko'];
const TEMPLATES: SessionTemplate[] = ['session_evicted', 'session_refresh_reused'];
const ALL = LANGUAGES.flatMap((language) => TEMPLATES.map((template) => [template, language] as const));

const templates = new SessionMailTemplates();

describe.each(ALL)('The mail %s in "%s"', (template, language) => {
  const mail = templates.render(template, language, DATA);

  it('says which device it was and since when, to the minute', () => {
    expect(mail.text).toContain('Galaxy <S25>');
    expect(mail.text).toContain('2026-02-28 23:05 UTC');
    expect(mail.html).toContain('Galaxy &lt;S25&gt;');
    expect(mail.html).not.toContain('<S25>');
  });

  it('says what to do when it was somebody else, without a link that could be forged', () => {
    expect(mail.text).toMatch(language === 'en' ? /change your password/ : /비밀번호를 변경/);
    expect(mail.text).not.toContain('http');
  });

  it('is in its language, the subject too', () => {
    const korean = /\p{Script=Hangul}/u;

    expect([mail.subject, mail.text].map((text) => korean.test(text))).toEqual(Array(2).fill(language === 'ko'));
  });

  it('names a device that did not say what it is', () => {
    const { text } = templates.render(template, language, { ...DATA, device: '' });

    expect(text).toContain(language === 'en' ? 'an unnamed device' : '이름 없는 기기');
  });

  it('is not written without what it tells about', () => {
    expect(() => templates.render(template, language, { device: 'x' })).toThrow(MailDataMissing);
    expect(() => templates.render(template, language, { since: DATA.since })).toThrow(MailDataMissing);
  });
});

describe('The mails of sessions', () => {
  it.each(['verify_email', 'toString', ''])('do not know %j', (template) => {
    expect(isSessionTemplate(template)).toBe(false);
    expect(() => templates.render(template, 'en', DATA)).toThrow(UnknownMailTemplate);
  });

  it.each(TEMPLATES)('know %s', (template) => {
    expect(isSessionTemplate(template)).toBe(true);
  });
});
