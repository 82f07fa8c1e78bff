import type { LocalizedProblem } from '#platform/http';

type IdentityProblemCode =
  | 'password_rejected'
  | 'token_invalid'
  | 'under_age'
  | 'current_password_wrong'
  | 'email_unchanged'
  | 'login_throttled'
  | 'api_key_invalid'
  | 'insufficient_scope';

/** Texts of the errors that only this context can answer with. */
export const IDENTITY_PROBLEMS: Readonly<Record<IdentityProblemCode, LocalizedProblem>> = {
  password_rejected: {
    status: 422,
    en: {
      title: 'Password refused',
      detail: 'The password is too easy to guess. "reasons" says why; a sentence of several words is a good choice.',
    },
    ko: {
      title: '사용할 수 없는 비밀번호',
      detail: '추측하기 쉬운 비밀번호입니다. 이유는 "reasons"에 있습니다. 여러 단어로 된 문장을 권장합니다.',
    },
    example: { reasons: ['too_short', 'common'] },
  },
  token_invalid: {
    status: 400,
    en: {
      title: 'Token not accepted',
      detail:
        'The token is wrong, expired or already used, or void by another one. If signing in fails, ask for a new mail.',
    },
    ko: {
      title: '사용할 수 없는 토큰',
      detail:
        '토큰이 올바르지 않거나, 만료 또는 사용되었거나, 다른 토큰으로 무효가 되었습니다. 로그인할 수 없다면 메일을 다시 요청해 주세요.',
    },
  },
  under_age: {
    status: 422,
    en: { title: 'Too young', detail: 'A guardian has to agree before this person can register.' },
    ko: { title: '가입 연령 미달', detail: '가입하려면 먼저 법정대리인의 동의가 필요합니다.' },
  },
  api_key_invalid: {
    status: 401,
    securityEvent: 'authz_fail',
    en: {
      title: 'API key not accepted',
      detail: 'Send a key as "X-API-Key: usk_…". If you did, it is wrong, expired or revoked: ask for a new one.',
    },
    ko: {
      title: '사용할 수 없는 API 키',
      detail:
        'API 키를 "X-API-Key: usk_…" 헤더로 보내 주세요. 보냈다면 올바르지 않거나 만료 또는 폐기된 키이므로 새로 발급받아 주세요.',
    },
  },
  insufficient_scope: {
    status: 403,
    en: { title: 'Scope missing', detail: 'The API key is not meant for this call. Use one that has its scope.' },
    ko: {
      title: '권한 범위 부족',
      detail: '이 호출에 필요한 권한 범위가 없는 API 키입니다. 해당 범위가 있는 키를 사용해 주세요.',
    },
  },
  email_unchanged: {
    status: 422,
    en: { title: 'Same address', detail: 'The account has this address already, so there is nothing to change.' },
    ko: { title: '같은 주소', detail: '이미 이 계정에서 사용 중인 주소이므로 변경할 것이 없습니다.' },
  },
  current_password_wrong: {
    status: 422,
    securityEvent: 'authn_login_fail',
    en: {
      title: 'Present password wrong',
      detail: 'The present password is not right, so nothing was changed. Try again.',
    },
    ko: {
      title: '현재 비밀번호 불일치',
      detail: '현재 비밀번호가 올바르지 않아 변경하지 않았습니다. 다시 시도해 주세요.',
    },
  },
  login_throttled: {
    status: 429,
    securityEvent: 'authn_login_fail_max',
    en: {
      title: 'Too many failed attempts',
      detail:
        'There were too many wrong passwords, so this one was not looked at. Try again after the time in "Retry-After", sign in on a device that has signed in before, or set a new password.',
    },
    ko: {
      title: '로그인 시도 제한',
      detail:
        '잘못된 비밀번호가 여러 번 입력되어 확인하지 않았습니다. "Retry-After"에 적힌 시간이 지난 뒤 다시 시도하거나, 전에 로그인한 기기를 사용하거나, 비밀번호를 재설정해 주세요.',
    },
  },
};
