import { describe, expect, it } from '@jest/globals';

import { html } from './html.js';

describe('A template of HTML', () => {
  it('takes whatever a value holds for text', () => {
    const hostile = `"><script>alert('1')</script>&`;

    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;">' +
        '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</p>',
    );
  });

  it('takes what another template made for HTML, one or many', () => {
    const item = html`<li>${'<'}</li>`;
    const list = html`<ul>
      ${[item, item]}${item}${7}
    </ul>`;

    expect(list.text.replaceAll(/\s+/g, '')).toBe('<ul><li>&lt;</li><li>&lt;</li><li>&lt;</li>7</ul>');
  });

  it.each([
    ['\u0000', '\\u{0}'],
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\u202eb', 'a\\u{202e}b'],
    ['a\u200bb', 'a\\u{200b}b'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800', '\ufffd'],
  ])('spells out what cannot be seen: %j', (text, shown) => {
    expect(html`${text}`.text).toBe(shown);
  });

  it('leaves text of every script and lines as they are', () => {
    expect(html`${'김민지 Zürich\n日本'}`.text).toBe('김민지 Zürich\n日本');
  });
});
