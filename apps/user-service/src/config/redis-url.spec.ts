import { describe, expect, it } from '@jest/globals';
import { redisRefusedInProduction, redisUrl } from './redis-url.js';

const nothing = { master: undefined, db: 0, username: undefined, password: undefined, tls: false };
const noSentinels = { sentinelUsername: undefined, sentinelPassword: undefined };

describe('redisUrl', () => {
  it('takes host, port, database, credentials and TLS from the URL of one server', () => {
    const single = { ...nothing, ...noSentinels, mode: 'single' };
    expect(redisUrl.parse('redis://cache')).toEqual({ ...single, nodes: [{ host: 'cache', port: 6379 }] });
    expect(redisUrl.parse('rediss://me:p%40ss@[::1]:6380/2')).toEqual({
      ...single,
      nodes: [{ host: '::1', port: 6380 }],
      db: 2,
      username: 'me',
      password: 'p@ss',
      tls: true,
    });
  });

  it('takes the Sentinels, the name of their master and both sets of credentials', () => {
    const url = 'rediss+sentinel://:p%40ss@s1:26380,[fd00::2],s3/my-master/3?sentinelUsername=w&sentinelPassword=a%26b';
    expect(redisUrl.parse(url)).toEqual({
      mode: 'sentinel',
      nodes: [
        { host: 's1', port: 26380 },
        { host: 'fd00::2', port: 26379 },
        { host: 's3', port: 26379 },
      ],
      master: 'my-master',
      db: 3,
      username: undefined,
      password: 'p@ss',
      sentinelUsername: 'w',
      sentinelPassword: 'a&b',
      tls: true,
    });
    expect(redisUrl.parse('redis+sentinel://s1/main')).toMatchObject({ master: 'main', db: 0, tls: false });
  });

  it('takes the nodes of a cluster', () => {
    expect(redisUrl.parse('redis+cluster://n1:7000,n2')).toEqual({
      ...nothing,
      ...noSentinels,
      mode: 'cluster',
      nodes: [
        { host: 'n1', port: 7000 },
        { host: 'n2', port: 6379 },
      ],
    });
  });

  it.each([
    'redis+sentinel://s1',
    'redis+sentinel://s1/',
    'redis+sentinel://s1/main/x',
    'redis+sentinel:///main',
    'redis+sentinel://s1,,s2/main',
    'redis+sentinel://s1:99999/main',
    'redis+sentinel://u:p@s1,u:p@s2/main',
    'redis+cluster://n1/1',
    'redis+cluster://',
    'redis+other://n1',
    'redis+cluster://u:%zz@n1',
    `redis+cluster://${Array.from({ length: 51 }, (_, at) => `n${String(at)}`).join(',')}`,
  ])('refuses %s without repeating it', (text) => {
    const { success, error } = redisUrl.safeParse(text);
    expect(success).toBe(false);
    expect(error?.message).not.toMatch(/s1|n1|zz|99999/);
  });
});

describe('In production', () => {
  it('every host is internal or TLS is spoken', () => {
    const refused = (text: string) => redisRefusedInProduction(redisUrl.parse(text));
    expect(refused('redis+cluster://n1,n2')).toBeUndefined();
    expect(refused('redis+cluster://n1,n2.example.com')).toContain('TLS');
    expect(refused('rediss+cluster://n1.example.com,n2.example.com')).toBeUndefined();
  });

  it('the sample password is refused, for Sentinels too', () => {
    const url = redisUrl.parse('redis+sentinel://s1/main?sentinelPassword=change-me');
    expect(redisRefusedInProduction(url)).toContain('sample password');
  });
});
