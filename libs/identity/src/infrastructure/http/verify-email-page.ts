import { createHash } from 'node:crypto';

import type { Locale } from '../../domain/user.js';

interface Texts {
  readonly title: string;
  readonly question: string;
  readonly button: string;
  readonly done: string;
  readonly refused: string;
  readonly failed: string;
  readonly noToken: string;
  readonly noScript: string;
}

const TEXTS: { readonly [Language in Locale]: Texts } = {
  en: {
    title: 'Confirm your email address',
    question: 'Go on only if you signed up at the time that the mail names. The password chosen then will be yours.',
    button: 'Confirm my address',
    done: 'Your address is confirmed. You can sign in now.',
    refused: 'This link is expired, already used, or void. If you cannot sign in, ask for a new mail.',
    failed: 'That did not work just now. Try again in a moment.',
    noToken: 'This address lacks its token. Open the link in the mail as a whole.',
    noScript: 'This page needs JavaScript. The mail says how to confirm the address without it.',
  },
  ko: {
    title: '이메일 주소 확인',
    question: '메일에 적힌 시각에 직접 가입을 신청하신 경우에만 계속해 주세요. 그때 정한 비밀번호가 적용됩니다.',
    button: '주소 확인',
    done: '주소가 확인되었습니다. 이제 로그인할 수 있습니다.',
    refused: '만료되었거나 이미 사용되었거나 무효가 된 링크입니다. 로그인할 수 없다면 메일을 다시 요청해 주세요.',
    failed: '지금은 처리하지 못했습니다. 잠시 후 다시 시도해 주세요.',
    noToken: '주소에 토큰이 없습니다. 메일의 링크 전체를 열어 주세요.',
    noScript: '이 페이지에는 JavaScript가 필요합니다. 메일에 다른 확인 방법이 적혀 있습니다.',
  },
};

// Links are opened by mail scanners too, so only a click confirms. The token leaves the address bar and the history at
// once. Addresses are relative: the public base URL may have a path.
const SCRIPT = `
const token = new URLSearchParams(location.search).get('token');
history.replaceState(null, '', location.pathname);
const button = document.querySelector('button');
const show = (name) => {
  document.querySelector('output').textContent = document.body.dataset[name];
};
if (token) button.disabled = false;
else show('noToken');
button.addEventListener('click', async () => {
  button.disabled = true;
  try {
    const answer = await fetch('api/v1/auth/verify-email', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    show(answer.status === 204 ? 'done' : answer.status === 400 ? 'refused' : 'failed');
    button.disabled = answer.status === 204 || answer.status === 400;
  } catch {
    show('failed');
    button.disabled = false;
  }
});
`;
const STYLE = `
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem; }
button { font: inherit; padding: 0.5rem 1rem; }
output { display: block; margin-top: 1rem; }
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** This one script, this one style, calls to this origin, and nothing else. */
export const VERIFY_EMAIL_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/** The same for every token: nothing of the request is in it. */
export const VERIFY_EMAIL_PAGES: { readonly [Language in Locale]: string } = { en: pageIn('en'), ko: pageIn('ko') };

// The texts hold no character that HTML gives a meaning to.
function pageIn(language: Locale): string {
  const { title, question, button, done, refused, failed, noToken, noScript } = TEXTS[language];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body data-done="${done}" data-refused="${refused}" data-failed="${failed}" data-no-token="${noToken}">
<main>
<h1>${title}</h1>
<p>${question}</p>
<noscript><p>${noScript}</p></noscript>
<button type="button" disabled>${button}</button>
<output role="status"></output>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
