import { describe, expect, it } from '@jest/globals';
import { MAX_TEXT, scrubText } from './scrub.js';

describe('Scrubbing of log text', () => {
  it.each([
    ['an e-mail address', 'mail to kim.minji+x@example.co.kr failed', 'kim.minji'],
    ['an e-mail address with a non-ASCII domain', 'to 민지@예시.한국 now', '민지'],
    ['a percent-encoded address', 'GET /x?email=kim%40example.com', 'kim%40'],
    ['a Korean mobile number', 'call 010-1234-5678 back', '1234'],
    ['an international number', 'call +82 10 1234 5678 back', '1234'],
    ['a JSON Web Token', 'token eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.abcDEF123 end', 'eyJ'],
    ['a refresh token', 'got usr_q83hfjFJ39-_x', 'q83hfj'],
    ['an API key', 'got usk_abc123_SECRETsecret', 'SECRET'],
    ['a bearer header', 'Authorization: Bearer abc.def', 'abc.def'],
    ['credentials in a URL', 'connect postgresql://user:hunter2@db:5432/x', 'hunter2'],
    ['an Argon2 hash', 'hash $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', 'c2FsdA'],
    ['a bcrypt hash', 'hash $2b$12$abcdefghijklmnopqrstuv', 'abcdefghij'],
    ['a query parameter with a secret', '/verify?token=short1&x=1', 'short1'],
    ['long hexadecimal', `digest ${'0a1b'.repeat(16)}`, '0a1b'],
    ['a base32 secret', 'secret JBSWY3DPEHPK3PXP seen', 'JBSWY3'],
    ['random base64', 'key 8mJx0P2kQd1ZbV7uTzYyRrWq4sLsCc9e+/A=', '8mJx0'],
    ['an IPv4 address', 'peer 203.0.113.77 closed', '203.0.113.77'],
    ['an IPv6 address', 'peer 2001:db8:1:2:3:4:5:6 closed', '2001:db8'],
    ['ID-14 a resident registration number', 'rrn 900101-1234567', '900101'],
    ['ID-14 a resident registration number without a hyphen', 'rrn 9001011234567', '900101'],
  ])('LO-02 removes %s', (_what, text, secret) => {
    expect(text).toContain(secret);
    expect(scrubText(text)).not.toContain(secret);
  });

  it.each([
    'Mapped {/api/v1/users/me/sessions/:id, DELETE} route',
    'job 0190f3a2-7b1c-7def-8123-456789abcdef finished in 12.5 ms',
    'listening on 127.0.0.1:8000',
    'migration Users1763800000001 applied at 2026-11-22T18:46:20.123Z',
    'node_modules/@nestjs/core@12.5.1/index.js:10:3',
  ])('leaves ordinary words alone: %s', (text) => {
    expect(scrubText(text)).toBe(text);
  });

  it('LO-03 keeps line breaks, escape sequences and separators visible but harmless', () => {
    const scrubbed = scrubText('a\r\nb\u001b[31mc\u2028d\u0085e\u202ef\u009bg');
    expect(scrubbed).toBe('a\\u000d\\u000ab\\u001b[31mc\\u2028d\\u0085e\\u202ef\\u009bg');
  });

  it('bounds what it writes and the time it takes', () => {
    const started = performance.now();
    for (const piece of ['a', 'a@', 'eyJ.', '+1 ', '1.', ':a', '//', 'A2']) {
      expect(scrubText(piece.repeat(500_000)).length).toBeLessThanOrEqual(MAX_TEXT + 1);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
