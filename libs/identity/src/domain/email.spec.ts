import { domainToASCII } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { Email } from './email.js';
import { InvalidEmail } from './errors.js';

const parse = (typed: string): string => Email.parse(typed, domainToASCII).value;
const local64 = 'a'.repeat(64);
const label63 = 'd'.repeat(63);
// 254 octets in all: 64 @ 63 . 63 . 57 . com
const longest = `${local64}@${label63}.${label63}.${'d'.repeat(57)}.com`;

describe('ID-04 An address', () => {
  it.each([
    ['as it is', 'kim.minji@example.com', 'kim.minji@example.com'],
    ['in capitals', 'KIM.Minji@EXAMPLE.Com', 'kim.minji@example.com'],
    ['with spaces and tabs around it', ' \t kim@example.com\t ', 'kim@example.com'],
    ['with a tag, which keeps its meaning', 'kim+news@example.com', 'kim+news@example.com'],
    ['with dots, which keep their meaning', 'k.i.m@gmail.com', 'k.i.m@gmail.com'],
    [
      'with every special character of a dot-atom',
      "!#$%&'*+/=?^_`{|}~-@example.com",
      "!#$%&'*+/=?^_`{|}~-@example.com",
    ],
    ['with one character on the left', 'k@example.com', 'k@example.com'],
    ['under many labels', 'kim@a.b.c.d.example.co.kr', 'kim@a.b.c.d.example.co.kr'],
    ['with digits and hyphens in the domain', 'kim@3m-2.example.com', 'kim@3m-2.example.com'],
    ['with an international domain', 'kim@한국.kr', 'kim@xn--3e0b707e.kr'],
    ['with an international domain in its ASCII form', 'kim@XN--3E0B707E.kr', 'kim@xn--3e0b707e.kr'],
    ['with an international top level', 'kim@예시.한국', 'kim@xn--vv4b11d.xn--3e0b707e'],
    ['with a decomposed domain', `kim@${'한국'.normalize('NFD')}.kr`, 'kim@xn--3e0b707e.kr'],
    ['with full-width letters in the domain', 'kim@ｅｘａｍｐｌｅ.com', 'kim@example.com'],
    ['with an ideographic full stop in the domain', 'kim@example。com', 'kim@example.com'],
    ['of 64 octets before the @', `${local64}@example.com`, `${local64}@example.com`],
    ['of 254 octets', longest, longest],
  ])('%s has one form', (_how, typed, form) => {
    expect(parse(typed)).toBe(form);
    expect(parse(form)).toBe(form);
  });

  it.each([
    // Look-alikes of ASCII letters before the @: none of them becomes another person's address.
    ['a Kelvin sign', 'mi\u212ae@example.com'],
    ['a dotless i', 'm\u0131ke@example.com'],
    ['a long s', 'mi\u017fe@example.com'],
    ['a dotted capital I', 'm\u0130ke@example.com'],
    ['a full-width letter', '\uff4dike@example.com'],
    ['a Cyrillic letter', 'm\u0456ke@example.com'],
    ['an accent', 'jos\u00e9@example.com'],
    ['a combining accent', 'jose\u0301@example.com'],
    ['Hangul', '민지@example.com'],
    // Look-alikes of @.
    ['a full-width @ instead of one', 'mike\uff20example.com'],
    ['a small @ instead of one', 'mike\ufe6bexample.com'],
    ['a full-width @ after the real one', 'mike@example.com\uff20example.org'],
    ['a full-width @ before the real one', 'mike\uff20example.org@example.com'],
    ['no @', 'mike.example.com'],
    ['two @', 'mike@example.org@example.com'],
    ['nothing before the @', '@example.com'],
    ['nothing after the @', 'mike@'],
    ['nothing at all', ''],
    ['only spaces', '   '],
    // What nobody sees.
    ['a NUL', 'mi\0ke@example.com'],
    ['a line feed at the end', 'mike@example.com\n'],
    ['a carriage return and a header', 'mike@example.com\r\nBcc: all@example.com'],
    ['a delete character', 'mi\u007fke@example.com'],
    ['a C1 control character', 'mike@exam\u0085ple.com'],
    ['a zero-width space', 'mi\u200bke@example.com'],
    ['a zero-width space in the domain', 'mike@exam\u200bple.com'],
    ['a zero-width joiner in the domain', 'mike@exam\u200dple.com'],
    ['a byte order mark', '\ufeffmike@example.com'],
    ['a soft hyphen in the domain', 'mike@exam\u00adple.com'],
    ['a variation selector in the domain', 'mike@exam\ufe0fple.com'],
    ['a supplementary variation selector in the domain', 'mike@exam\u{e0100}ple.com'],
    ['a combining grapheme joiner in the domain', 'mike@exam\u034fple.com'],
    ['a Hangul filler in the domain', 'mike@exam\u3164ple.com'],
    ['a half-width Hangul filler in the domain', 'mike@exam\uffa0ple.com'],
    ['a Khmer inherent vowel in the domain', 'mike@exam\u17b4ple.com'],
    ['a right-to-left override', 'mike@\u202emoc.elpmaxe'],
    ['a bidi isolate', '\u2066mike\u2069@example.com'],
    ['a tag character', 'mike@example.com\u{e0041}'],
    ['a lone surrogate', 'mike@exam\ud800ple.com'],
    ['a private character', 'mike@exam\ue000ple.com'],
    ['a space inside', 'mi ke@example.com'],
    ['a space beside the @', 'mike @example.com'],
    ['a no-break space', '\u00a0mike@example.com'],
    ['an ideographic space at the end', 'mike@example.com\u3000'],
    // The left side is a dot-atom.
    ['a quoted left side', '"mike"@example.com'],
    ['a quoted @', '"mi@ke"@example.com'],
    ['a comment', 'mike(work)@example.com'],
    ['a dot at the start', '.mike@example.com'],
    ['a dot before the @', 'mike.@example.com'],
    ['two dots in a row', 'mi..ke@example.com'],
    ['a backslash', 'mi\\ke@example.com'],
    ['a comma', 'mi,ke@example.com'],
    ['a name around it', 'Mike <mike@example.com>'],
    ['a scheme before it', 'mailto:mike@example.com'],
    // The right side is a host name with a top level.
    ['one label', 'mike@localhost'],
    ['a trailing dot', 'mike@example.com.'],
    ['a trailing ideographic full stop', 'mike@example.com。'],
    ['an empty label', 'mike@example..com'],
    ['a leading dot in the domain', 'mike@.example.com'],
    ['a percent escape', 'mike@ex%61mple.com'],
    ['a percent escape of the @', 'mike%40example.com'],
    ['a port', 'mike@example.com:25'],
    ['a path', 'mike@example.com/a'],
    ['a query', 'mike@example.com?a'],
    ['a fragment', 'mike@example.com#a'],
    ['a full-width slash', 'mike@example.com\uff0fa'],
    ['an IPv4 address', 'mike@127.0.0.1'],
    ['an IPv4 address in hexadecimal', 'mike@0x7f.1'],
    ['an IPv4 address in one number', 'mike@2130706433'],
    ['an IPv4 address in full-width digits', 'mike@１２７.0.0.1'],
    ['an address literal', 'mike@[127.0.0.1]'],
    ['an IPv6 literal', 'mike@[IPv6:::1]'],
    ['an underscore in the domain', 'mike@exa_mple.com'],
    ['a hyphen at the start of a label', 'mike@-example.com'],
    ['a hyphen at the end of a label', 'mike@example-.com'],
    ['a top level of digits', 'mike@example.123'],
    ['a top level of one letter', 'mike@example.c'],
    ['an empty punycode label', 'mike@xn--.com'],
    ['a punycode label that encodes ASCII', 'mike@xn--example-.com'],
    // Lengths.
    ['65 octets before the @', `${'a'.repeat(65)}@example.com`],
    ['255 octets', longest.replace('@', '@d.').replace('.com', '.co')],
    ['a label of 64 octets', `mike@${'d'.repeat(64)}.com`],
    ['more than 254 octets only in its ASCII form', `${local64}@${'가나다라마바사아자차카타파하.'.repeat(4)}kr`],
  ])('with %s is refused', (_what, typed) => {
    expect(() => parse(typed)).toThrow(InvalidEmail);
  });

  it.each([
    ['spaces inside', `kim${' '.repeat(60_000)}@example.com`],
    ['tabs around', `${'\t'.repeat(30_000)}kim@example.com${'\t'.repeat(30_000)}`],
    ['@', '@'.repeat(60_000)],
    ['dots', `kim@${'a.'.repeat(30_000)}com`],
    ['Hangul', `kim@${'한'.repeat(20_000)}.kr`],
  ])('of 60 kB of %s is refused before it costs time', (_what, typed) => {
    const started = performance.now();
    expect(() => parse(typed)).toThrow(InvalidEmail);
    expect(performance.now() - started).toBeLessThan(100);
  });

  it('is masked down to its first character and its domain', () => {
    expect(Email.parse('kim.minji@example.com', domainToASCII).masked).toBe('k***@example.com');
    expect(Email.parse('k@example.com', domainToASCII).masked).toBe('k***@example.com');
  });

  it('comes out of storage as it went in', () => {
    expect(Email.stored('kim@example.com').value).toBe('kim@example.com');
  });

  it('says where it is wrong without repeating what was typed', () => {
    const error = new InvalidEmail();

    expect(error.issues).toEqual([{ pointer: '/email', code: 'invalid_email' }]);
  });
});
