import { linkPage, type LinkPage, type PageTexts } from './link-page.js';

const VERIFY_EMAIL = linkPage({
  endpoint: 'api/v1/auth/verify-email',
  texts: {
    en: {
      title: 'Confirm your email address',
      question: 'Go on only if you signed up at the time that the mail names. The password chosen then will be yours.',
      button: 'Confirm my address',
      done: 'Your address is confirmed. You can sign in now.',
      refused: 'This link is expired, already used, or void. If you cannot sign in, ask for a new mail.',
      noScript: 'This page needs JavaScript. The mail says how to confirm the address without it.',
    },
    ko: {
      title: '이메일 주소 확인',
      question: '메일에 적힌 시각에 직접 가입을 신청하신 경우에만 계속해 주세요. 그때 정한 비밀번호가 적용됩니다.',
      button: '주소 확인',
      done: '주소가 확인되었습니다. 이제 로그인할 수 있습니다.',
      refused: '만료되었거나 이미 사용되었거나 무효가 된 링크입니다. 로그인할 수 없다면 메일을 다시 요청해 주세요.',
      noScript: '이 페이지에는 JavaScript가 필요합니다. 메일에 다른 확인 방법이 적혀 있습니다.',
    },
  },
});

const CHANGE_EMAIL = linkPage({
  endpoint: 'api/v1/auth/verify-email',
  texts: {
    en: {
      title: 'Confirm your new email address',
      question: 'Go on only if you asked for this change yourself. Mails about your account go to this address then.',
      button: 'Confirm the new address',
      done: 'Your address is changed. Sign in with the new one from now on.',
      refused:
        'This link is expired, already used, or void. If your address is still the old one, ask for the change again.',
      noScript: 'This page needs JavaScript. Turn it on, or open the link in another browser.',
    },
    ko: {
      title: '새 이메일 주소 확인',
      question: '직접 변경을 요청하신 경우에만 계속해 주세요. 앞으로 계정에 관한 메일은 이 주소로 발송됩니다.',
      button: '새 주소 확인',
      done: '주소가 변경되었습니다. 이제 새 주소로 로그인해 주세요.',
      refused: '만료되었거나 이미 사용되었거나 무효가 된 링크입니다. 주소가 바뀌지 않았다면 변경을 다시 요청해 주세요.',
      noScript: '이 페이지에는 JavaScript가 필요합니다. JavaScript를 켜거나 다른 브라우저에서 링크를 열어 주세요.',
    },
  },
});

const UNDO_EMAIL_CHANGE = linkPage({
  endpoint: 'api/v1/auth/email/undo',
  texts: {
    en: {
      title: 'Take back the change of address',
      question:
        'Your account keeps the address that this mail was sent to. All devices are signed out, the present password stops working, and you get a mail for choosing a new one.',
      button: 'Take it back',
      done: 'The change is taken back. Open the mail that you get now, and choose a new password.',
      refused: 'This link is expired, already used, or void.',
      noScript: 'This page needs JavaScript. Turn it on, or open the link in another browser.',
    },
    ko: {
      title: '이메일 주소 변경 되돌리기',
      question:
        '이 메일을 받은 주소가 계정에 유지됩니다. 모든 기기에서 로그아웃되고 지금 비밀번호는 사용할 수 없게 되며, 새 비밀번호를 정하는 메일이 발송됩니다.',
      button: '되돌리기',
      done: '변경을 되돌렸습니다. 지금 발송된 메일을 열어 새 비밀번호를 정해 주세요.',
      refused: '만료되었거나 이미 사용되었거나 무효가 된 링크입니다.',
      noScript: '이 페이지에는 JavaScript가 필요합니다. JavaScript를 켜거나 다른 브라우저에서 링크를 열어 주세요.',
    },
  },
});

const STOP_MFA_RESET = linkPage({
  endpoint: 'api/v1/auth/mfa/reset/stop',
  texts: {
    en: {
      title: 'Keep your second factors',
      question: 'Administrators want to reset the second factors of your account. Stop it if you did not ask for that.',
      button: 'Stop the reset',
      done: 'The reset is stopped. Your second factors stay as they are.',
      refused: 'There is nothing to stop: the reset was stopped already, or has happened.',
      noScript: 'This page needs JavaScript. Turn it on, or open the link in another browser.',
    },
    ko: {
      title: '2단계 인증 유지하기',
      question: '관리자가 회원님의 2단계 인증을 초기화하려고 합니다. 직접 요청하지 않으셨다면 중단해 주세요.',
      button: '초기화 중단',
      done: '초기화가 중단되었습니다. 2단계 인증 수단은 그대로 유지됩니다.',
      refused: '중단할 초기화가 없습니다. 이미 중단되었거나 완료되었습니다.',
      noScript: '이 페이지에는 JavaScript가 필요합니다. JavaScript를 켜거나 다른 브라우저에서 링크를 열어 주세요.',
    },
  },
});

interface ResetTexts extends PageTexts {
  readonly label: string;
  readonly hint: string;
  readonly visible: string;
  readonly invalid: string;
  readonly tooShort: string;
  readonly common: string;
  readonly breached: string;
  readonly ownData: string;
}

// A password that is refused leaves the token as it was: the page stays, and says why.
const RESET_PASSWORD = linkPage<ResetTexts>({
  endpoint: 'api/v1/auth/password/reset',
  body: "{ newPassword: document.querySelector('#password').value }",
  answer: `status === 422 ? (problem?.reasons ?? ['invalid'])
    : status === 400 && problem?.code !== 'token_invalid' ? ['invalid'] : undefined`,
  fields: ({ label, hint, visible }) => `<label for="password">${label}</label>
<input id="password" type="password" autocomplete="new-password" required maxlength="1024" aria-describedby="hint">
<small id="hint">${hint}</small>
<label class="check"><input id="visible" type="checkbox"> ${visible}</label>
`,
  shown: ({ invalid, tooShort, common, breached, ownData }) => ({
    invalid,
    too_short: tooShort,
    common,
    breached,
    contains_own_data: ownData,
  }),
  texts: {
    en: {
      title: 'Choose a new password',
      question: 'All your devices are signed out then. A second factor, if you have one, stays as it is.',
      label: 'New password',
      hint: 'A sentence of several words is a good choice. Any characters are allowed.',
      visible: 'Show the password',
      button: 'Set the new password',
      done: 'Your new password is set. You can sign in with it now.',
      refused: 'This link is expired, already used, or void. Ask for a new mail.',
      invalid: 'The password is missing or too long: 256 characters at most.',
      tooShort: 'The password is too short.',
      common: 'The password is too easy to guess.',
      breached: 'The password is known from data breaches.',
      ownData: 'The password is made of your name or address.',
      noScript: 'This page needs JavaScript. Turn it on, or open the link in another browser.',
    },
    ko: {
      title: '새 비밀번호 정하기',
      question: '비밀번호를 바꾸면 모든 기기에서 로그아웃됩니다. 2단계 인증을 사용 중이라면 그대로 유지됩니다.',
      label: '새 비밀번호',
      hint: '여러 단어로 된 문장을 권장합니다. 모든 문자를 사용할 수 있습니다.',
      visible: '비밀번호 보기',
      button: '새 비밀번호 저장',
      done: '새 비밀번호가 저장되었습니다. 이제 로그인할 수 있습니다.',
      refused: '만료되었거나 이미 사용되었거나 무효가 된 링크입니다. 메일을 다시 요청해 주세요.',
      invalid: '비밀번호를 입력해 주세요. 최대 256자까지 사용할 수 있습니다.',
      tooShort: '비밀번호가 너무 짧습니다.',
      common: '추측하기 쉬운 비밀번호입니다.',
      breached: '유출된 적이 있는 비밀번호입니다.',
      ownData: '이름이나 주소로 만든 비밀번호입니다.',
      noScript: '이 페이지에는 JavaScript가 필요합니다. JavaScript를 켜거나 다른 브라우저에서 링크를 열어 주세요.',
    },
  },
});

/** What the mailed links lead to, by path. */
export const LINK_PAGES = {
  'verify-email': VERIFY_EMAIL,
  'change-email': CHANGE_EMAIL,
  'undo-email-change': UNDO_EMAIL_CHANGE,
  'reset-password': RESET_PASSWORD,
  'stop-mfa-reset': STOP_MFA_RESET,
} as const satisfies Readonly<Record<string, LinkPage>>;
