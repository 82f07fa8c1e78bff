import { describe, expect, it } from '@jest/globals';

import { writeLetter } from './letter.js';

const letter = writeLetter({
  language: 'ko',
  subject: 'A <b> & "c"',
  blocks: [
    { kind: 'paragraph', text: "Tom's <i>" },
    { kind: 'link', label: 'Open & see', url: 'https://example.com/?a=1&token=x', button: 'Go <on>' },
    { kind: 'code', text: 'a<b' },
  ],
});

describe('A letter', () => {
  it('says the same in text and in HTML', () => {
    expect(letter.text).toBe(
      "Tom's <i>\n\nOpen & see\nhttps://example.com/?a=1&token=x\n\na<b\n\n-- \n자동으로 발송된 메일입니다. 회신하셔도 답변을 드리지 못합니다.\n",
    );
    expect(letter.html).toMatch(/<p [^>]*>Tom&#39;s &lt;i&gt;<\/p>/);
    expect(letter.html).toMatch(/<p [^>]*>Open &amp; see<\/p>/);
    expect(letter.html).toMatch(/<a href="https:\/\/example\.com\/\?a=1&amp;token=x"[^>]*>Go &lt;on&gt;<\/a>/);
    expect(letter.html).toContain('>https://example.com/?a=1&amp;token=x</p>');
    expect(letter.html).toContain('>a&lt;b</code>');
  });

  it('escapes its subject in HTML only', () => {
    expect(letter.subject).toBe('A <b> & "c"');
    expect(letter.html).toContain('<title>A &lt;b&gt; &amp; &quot;c&quot;</title>');
  });
});
