import { describe, expect, it } from '@jest/globals';

import { isCommon } from './guessable-words.js';
import { ZxcvbnPasswordPolicy } from './password-policy.zxcvbn.js';

const policy = new ZxcvbnPasswordPolicy({ minLength: 12, serviceNames: ['User Service', 'Hallyu'] });
const own = { email: 'jane.doe-smith@acmecorp.co.kr', displayName: 'Jane Q. Doe' };

describe('The password policy', () => {
  it.each([
    'correct horse battery staple',
    'correct-horse-battery-staple-7',
    'mypurplecatruns',
    'the weather is nice in busan today',
    'Str0ng-Passw0rd!42',
    'xK9$mQ2vL8pR',
    '839174620518',
    '5b3ff38165381571',
    'dragonfly umbrella',
    '우리집강아지는복슬강아지',
    '비밀번호가너무어려워서잊었다',
    '🐙🦊🐢🦉🐝🦋🐳🦔🐞🦜🦀🐌',
    'Zażółć gęślą jaźń',
    'пароль не для всех подходит',
    'correct horse battery staple '.repeat(9).slice(0, 256),
  ])('accepts "%s"', (password) => {
    expect(policy.reasonsAgainst(password, own)).toEqual([]);
  });

  it.each([
    'password1234',
    'Password!2345',
    'P@$$w0rd2024!',
    '$unsh1ne!!!!',
    'busine$$2024',
    'passwordpassword',
    'Password-Password',
    'password1password1',
    'drowssap1234',
    'p a s s w o r d 1 2',
    'i love you 1234',
    'password1234qwerty',
    'love123456789321',
    'love20242024',
    'password83917462051839',
    'qwerty123password',
    'ｐａｓｓｗｏｒｄ１２３４',
    '비밀번호비밀번호비밀번호',
    '안녕하세요1234567',
    'dkssudgktpdy1!',
  ])('refuses the common word in "%s"', (password) => {
    expect(policy.reasonsAgainst(password, own)).toContain('common');
  });

  it.each([
    '123456789012',
    '987654321098',
    'aaaaaaaaaaaa',
    '가가가가가가가가가가가가',
    'abababababab',
    'abcabcabcabc',
    'abcdefghijkl',
    'qwertyuiop[]',
    '!@#$%^&*()_+',
    '1qaz2wsx3edc',
    '!QAZ@WSX#EDC',
    '1q2w3e4r5t6y7u',
    '112233445566',
    '111222333444',
    'qwertyuiop1234',
    'zxcvbnm,./1988',
    'x'.repeat(256),
  ])('refuses the pattern "%s"', (password) => {
    expect(policy.reasonsAgainst(password, own)).toEqual(expect.arrayContaining(['common']));
  });

  it.each(['userservice2024', 'User-Service-2024!', 'us3rs3rv1c3!!', 'hallyu20242024'])(
    'refuses the name of the service in "%s"',
    (password) => {
      expect(policy.reasonsAgainst(password, own)).toEqual(['common']);
    },
  );

  it('tells passwords that are in a breach as they are', () => {
    expect(policy.reasonsAgainst('1QAZ2wsx3edc4rfv', own)).toEqual(['common', 'breached']);
  });

  it.each([
    'jane.doe-smith',
    'janedoesmith2024',
    'JANEDOESMITH!!!!',
    'my jane.doe-smith is here',
    'jan3do3sm1th99',
    'jane-and-smith-1',
    'JaneQDoe-19901231',
    'acmecorp20242024',
    'xacmecorpx9182',
    'jane password',
  ])("refuses the person's own data in %s", (password) => {
    expect(policy.reasonsAgainst(password, own)).toContain('contains_own_data');
  });

  it('refuses a Korean name of three syllables', () => {
    const hong = { email: 'hgd@example.com', displayName: '홍길동' };

    expect(policy.reasonsAgainst('홍길동19870305!', hong)).toEqual(['contains_own_data']);
  });

  it('does not mind own words that longer words happen to hold', () => {
    const anna = { email: 'anna@example.com', displayName: 'Ann' };

    expect(policy.reasonsAgainst('savannah river crossing', anna)).toEqual([]);
    expect(policy.reasonsAgainst('an example of good spelling', anna)).toEqual([]);
  });

  it('takes the address without its tag for own data', () => {
    expect(policy.reasonsAgainst('kimchilover:qz7vtp', { email: 'kimchilover+news@example.com' })).toEqual([
      'contains_own_data',
    ]);
  });

  it('counts code points after normalisation', () => {
    const decomposed = '우리집강아지귀여워'.normalize('NFD');
    const astral = '🐙🦊🐢🦉🐝🦋🐳🦔🐞🦜🦀';

    expect(decomposed.length).toBeGreaterThan(12);
    expect(policy.reasonsAgainst(decomposed, own)).toEqual(['too_short']);
    expect(astral.length).toBeGreaterThan(12);
    expect(policy.reasonsAgainst(astral, own)).toEqual(['too_short']);
    expect(policy.reasonsAgainst('xK9$mQ2vL8p', own)).toEqual(['too_short']);
  });

  it('gives every reason at once', () => {
    expect(policy.reasonsAgainst('password', { email: 'password@example.com' })).toEqual([
      'too_short',
      'common',
      'breached',
      'contains_own_data',
    ]);
  });

  it('survives empty and huge input', () => {
    expect(policy.reasonsAgainst('', own)).toContain('too_short');
    expect(policy.reasonsAgainst('ab1!'.repeat(100_000), own)).toEqual([]);
  });

  it.each([
    '1'.repeat(126) + 'abzq' + '1'.repeat(126),
    '!1'.repeat(63) + 'xkqz' + '@0'.repeat(63),
    'a1'.repeat(128),
    '-a_b.c'.repeat(42),
    'abzq'.repeat(64),
    'x'.repeat(255) + 'y',
  ])('looks few words up, whatever 256 characters it gets', (password) => {
    let lookUps = 0;
    const counting = {
      has: () => {
        lookUps += 1;
        return false;
      },
    };
    isCommon(password, counting);

    expect(lookUps).toBeLessThan(6_000);
  });
});
