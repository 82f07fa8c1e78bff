import { createHash } from 'node:crypto';

import type { Locale } from '../../../domain/user.js';

/** What every page says, whatever its link is good for. */
export interface PageTexts {
  readonly title: string;
  readonly question: string;
  readonly button: string;
  readonly done: string;
  readonly refused: string;
  readonly noScript: string;
}

/** Texts of a page by the name under which its script shows them: `data-…` of the body. */
type Shown = Readonly<Record<string, string>>;

interface PageDescription<Texts extends PageTexts> {
  readonly texts: { readonly [Language in Locale]: Texts };
  /** Relative to the page: the public base URL may have a path. */
  readonly endpoint: string;
  /** HTML between the question and the button. */
  readonly fields?: (texts: Texts) => string;
  /** JavaScript object of what is sent beside the token; runs at the click. */
  readonly body?: string;
  /** JavaScript of the name of the text that is shown for the answer `status` with `problem`, if it is a special one. */
  readonly answer?: string;
  readonly shown?: (texts: Texts) => Shown;
}

/** A page behind a mailed link, in both languages, and what it may do. */
export interface LinkPage {
  readonly policy: string;
  readonly html: { readonly [Language in Locale]: string };
}

const COMMON: { readonly [Language in Locale]: { readonly failed: string; readonly noToken: string } } = {
  en: {
    failed: 'That did not work just now. Try again in a moment.',
    noToken: 'This address lacks its token. Open the link in the mail as a whole.',
  },
  ko: {
    failed: '지금은 처리하지 못했습니다. 잠시 후 다시 시도해 주세요.',
    noToken: '주소에 토큰이 없습니다. 메일의 링크 전체를 열어 주세요.',
  },
};

// Colours of text have a contrast of 7:1 and more on what is beneath them (WCAG 2.2 §1.4.6), targets are 44 pixels high
// (§2.5.5), and fields have 16 pixels of type, below which telephones zoom in.
const STYLE = `
:root { color-scheme: light dark; --ink: #1a1d21; --quiet: #4b5158; --ground: #f3f4f6; --card: #fff; --line: #767c84; --accent: #1d4ed8; --on: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceef1; --quiet: #b6bcc4; --ground: #14161a; --card: #1f2228; --line: #868d96; --accent: #a9c1ff; --on: #10131a; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif; word-break: keep-all; overflow-wrap: anywhere; }
main { width: 100%; max-width: 28rem; padding: 2rem 1.5rem; background: var(--card); border-top: 4px solid var(--accent); border-radius: 0.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.35; }
p { margin: 0 0 1.25rem; }
label { display: block; margin: 0 0 0.25rem; font-weight: 600; }
label.check { display: flex; align-items: center; gap: 0.5rem; min-height: 2.75rem; margin: 0 0 1rem; font-weight: 400; }
label.check input { width: 1.25rem; height: 1.25rem; }
input[type='password'], input[type='text'] { width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.375rem; background: transparent; color: inherit; font: inherit; }
small { display: block; margin: 0.35rem 0 0.5rem; color: var(--quiet); font-size: 0.875rem; }
button { width: 100%; min-height: 2.75rem; padding: 0.5rem 1rem; border: 0; border-radius: 0.375rem; background: var(--accent); color: var(--on); font: inherit; font-weight: 600; cursor: pointer; }
button:disabled { opacity: 0.5; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
output { display: block; margin-top: 1rem; white-space: pre-line; }
`;

// Links are opened by mail scanners too, so only a click does something. The token leaves the address bar and the
// history at once, and is sent in a body only.
const scriptOf = ({ endpoint, body = '{}', answer = 'undefined' }: Parts): string => `
const token = new URLSearchParams(location.search).get('token');
history.replaceState(null, '', location.pathname);
const form = document.querySelector('form');
const button = document.querySelector('button');
const output = document.querySelector('output');
const text = (name) => document.body.dataset[name];
const show = (...names) => { output.textContent = names.map(text).filter(Boolean).join('\\n'); };
const visible = document.querySelector('#visible');
visible?.addEventListener('change', () => {
  document.querySelector('#password').type = visible.checked ? 'text' : 'password';
});
const namesFor = (status, problem) => ${answer};
if (token) button.disabled = false;
else show('noToken');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  show();
  try {
    const answer = await fetch('${endpoint}', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
      body: JSON.stringify({ token, ...${body} }),
    });
    const problem = answer.ok ? undefined : await answer.json().catch(() => undefined);
    const special = namesFor(answer.status, problem);
    const over = answer.status === 204 || (answer.status === 400 && problem?.code === 'token_invalid');
    show(...(special ?? [answer.status === 204 ? 'done' : over ? 'refused' : 'failed']));
    button.disabled = over;
    if (over) form.reset();
  } catch {
    show('failed');
    button.disabled = false;
  }
});
`;

interface Parts {
  readonly endpoint: string;
  readonly body?: string;
  readonly answer?: string;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The same for every token: nothing of the request is in it. Texts hold no character that HTML gives a meaning to. */
export function linkPage<Texts extends PageTexts>(page: PageDescription<Texts>): LinkPage {
  const script = scriptOf(page);
  // This one script, this one style, calls to this origin, and nothing else.
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(STYLE)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';');
  return { policy, html: { en: pageIn('en', page, script), ko: pageIn('ko', page, script) } };
}

function pageIn<Texts extends PageTexts>(language: Locale, page: PageDescription<Texts>, script: string): string {
  const texts = page.texts[language];
  const { title, question, button, done, refused, noScript } = texts;
  const shown = { done, refused, ...COMMON[language], ...page.shown?.(texts) };
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body ${attributesOf(shown)}>
<main>
<h1>${title}</h1>
<p>${question}</p>
<noscript><p>${noScript}</p></noscript>
<form>
${page.fields?.(texts) ?? ''}<button type="submit" disabled>${button}</button>
</form>
<output role="status"></output>
</main>
<script>${script}</script>
</body>
</html>
`;
}

function attributesOf(shown: Shown): string {
  const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.entries(shown)
    .map(([name, text]) => `data-${dashed(name)}="${text}"`)
    .join(' ');
}
