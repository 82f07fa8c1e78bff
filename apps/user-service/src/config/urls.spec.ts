import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { databaseUrl, httpBaseUrl, smtpUrl } from './urls.js';

describe('databaseUrl', () => {
  const plain = 'sslmode=disable';
  const verified = 'sslmode=verify-full';

  it.each([
    ['postgresql://u:p@h:5433/d', `postgresql://u:p@h:5433/d?${plain}`],
    ['postgres://u@h/d', `postgresql://u@h:5432/d?${plain}`],
    ['postgresql+asyncpg://u:p@h/d', `postgresql://u:p@h:5432/d?${plain}`],
    ['postgresql+asyncpg://u:p@h/d?ssl=require&statement_cache_size=0', `postgresql://u:p@h:5432/d?${verified}`],
    ['postgresql://u:p@h/d?sslmode=verify-ca', `postgresql://u:p@h:5432/d?${verified}`],
    ['postgresql://u:p@h/d?sslmode=disable', `postgresql://u:p@h:5432/d?${plain}`],
    ['postgresql://u:p@[::1]:5432/d', `postgresql://u:p@[::1]:5432/d?${plain}`],
    // As SQLAlchemy takes them: not percent-encoded.
    ['postgresql+asyncpg://u:a/b?c#d@h/d', `postgresql://u:a%2Fb%3Fc%23d@h:5432/d?${plain}`],
  ])('normalises %s', (text, url) => {
    expect(databaseUrl.parse(text)).toEqual({ url, tls: url.endsWith(verified) });
  });

  it('DP-06: asks the driver for verified TLS, or for none, whatever PGSSLMODE says', () => {
    const tlsOf = (text: string) => new pg.Client({ connectionString: databaseUrl.parse(text).url }).ssl;
    process.env['PGSSLMODE'] = 'no-verify';
    try {
      expect(tlsOf('postgresql://u:p@h/d?sslmode=require')).toEqual({});
      expect(tlsOf('postgresql://u:p@h/d')).toBe(false);
    } finally {
      delete process.env['PGSSLMODE'];
    }
  });

  it('lets no parameter redirect the connection or weaken its TLS', () => {
    const text = 'postgresql://u:p@h/d?host=evil.test&port=1&sslmode=require&options=-c%20x';
    expect(databaseUrl.parse(text).url).toBe(`postgresql://u:p@h:5432/d?${verified}`);
    expect(databaseUrl.safeParse('postgresql://u:p@h/d?sslmode=no-verify').success).toBe(false);
  });
});

describe('smtpUrl', () => {
  it('keeps the query from nodemailer, which would read options from it', () => {
    expect(smtpUrl.parse('smtps://me:x@m.test')).toEqual({ url: 'smtps://me:x@m.test', requireStartTls: false });
    expect(smtpUrl.parse('smtp://m.test:587?requireTLS=true')).toEqual({
      url: 'smtp://m.test:587',
      requireStartTls: true,
    });
    expect(smtpUrl.safeParse('smtp://m.test?ignoreTLS=true').success).toBe(false);
  });
});

describe('httpBaseUrl', () => {
  it.each([
    ['https://id.test/', 'https://id.test'],
    ['https://ID.test/base//', 'https://id.test/base'],
    ['http://localhost:8000/?', 'http://localhost:8000'],
  ])('makes a base to which a path can be appended of %s', (text, base) => {
    expect(httpBaseUrl.parse(text)).toBe(base);
  });
});
