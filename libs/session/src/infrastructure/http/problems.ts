import type { LocalizedProblem } from '#platform/http';

type SessionProblemCode =
  | 'invalid_credentials'
  | 'passkey_refused'
  | 'email_unverified'
  | 'refresh_invalid'
  | 'refresh_reused'
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'session_revoked'
  | 'session_idle_timeout'
  | 'session_state_unavailable'
  | 'reauthentication_required'
  | 'mfa_token_expired'
  | 'mfa_invalid'
  | 'mfa_enrolment_required';

const SIGN_IN_AGAIN_KO = '다시 로그인해 주세요.';

/** Texts of the errors that only this context can answer with. */
export const SESSION_PROBLEMS: Readonly<Record<SessionProblemCode, LocalizedProblem>> = {
  invalid_credentials: {
    status: 401,
    securityEvent: 'authn_login_fail',
    en: { title: 'Sign-in failed', detail: 'The address or the password is wrong. Check both and try again.' },
    ko: {
      title: '로그인 실패',
      detail: '이메일 주소 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 시도해 주세요.',
    },
  },
  passkey_refused: {
    status: 401,
    securityEvent: 'authn_login_fail',
    en: { title: 'Passkey not accepted', detail: 'The passkey could not be used. Ask for new options and try again.' },
    ko: {
      title: '사용할 수 없는 패스키',
      detail: '패스키를 사용할 수 없습니다. 옵션을 새로 받아 다시 시도해 주세요.',
    },
  },
  email_unverified: {
    status: 403,
    securityEvent: 'authn_login_fail',
    en: {
      title: 'Address not confirmed',
      detail: 'Confirm the e-mail address with the token that was mailed to it, or ask for a new mail.',
    },
    ko: {
      title: '이메일 미인증',
      detail: '메일로 받은 토큰으로 이메일 주소를 먼저 인증해 주세요. 메일은 다시 요청할 수 있습니다.',
    },
  },
  refresh_invalid: {
    status: 401,
    securityEvent: 'authz_fail',
    en: { title: 'Refresh token not accepted', detail: 'The refresh token is wrong, expired or ended. Sign in again.' },
    ko: {
      title: '사용할 수 없는 리프레시 토큰',
      detail: `리프레시 토큰이 올바르지 않거나 만료되었습니다. ${SIGN_IN_AGAIN_KO}`,
    },
  },
  refresh_reused: {
    status: 401,
    securityEvent: 'authn_token_reuse',
    en: {
      title: 'Refresh token used twice',
      detail: 'The refresh token had been used before, so the session was ended for safety. Sign in again.',
    },
    ko: {
      title: '재사용된 리프레시 토큰',
      detail: `이미 사용된 리프레시 토큰이므로 안전을 위해 세션을 종료했습니다. ${SIGN_IN_AGAIN_KO}`,
    },
  },
  token_missing: {
    status: 401,
    en: { title: 'Access token missing', detail: 'Send the access token as "Authorization: Bearer …".' },
    ko: { title: '액세스 토큰 없음', detail: '액세스 토큰을 "Authorization: Bearer …" 헤더로 보내 주세요.' },
  },
  token_invalid: {
    status: 401,
    securityEvent: 'authz_fail',
    en: { title: 'Access token not accepted', detail: 'The access token cannot be used. Refresh it or sign in again.' },
    ko: {
      title: '사용할 수 없는 액세스 토큰',
      detail: `액세스 토큰을 사용할 수 없습니다. 토큰을 갱신하거나 ${SIGN_IN_AGAIN_KO}`,
    },
  },
  token_expired: {
    status: 401,
    en: {
      title: 'Access token expired',
      detail: 'The access token has expired. Get a new one with the refresh token.',
    },
    ko: {
      title: '만료된 액세스 토큰',
      detail: '액세스 토큰이 만료되었습니다. 리프레시 토큰으로 새로 발급받아 주세요.',
    },
  },
  session_revoked: {
    status: 401,
    securityEvent: 'authn_token_reuse',
    en: { title: 'Session ended', detail: 'This session has ended. Sign in again.' },
    ko: { title: '종료된 세션', detail: `종료된 세션입니다. ${SIGN_IN_AGAIN_KO}` },
  },
  session_idle_timeout: {
    status: 401,
    securityEvent: 'authz_fail',
    en: { title: 'Session timed out', detail: 'The session was not used for too long and has ended. Sign in again.' },
    ko: {
      title: '세션 시간 초과',
      detail: `오랫동안 사용하지 않아 세션이 종료되었습니다. ${SIGN_IN_AGAIN_KO}`,
    },
  },
  session_state_unavailable: {
    status: 503,
    en: {
      title: 'Session cannot be checked',
      detail: 'Whether the session is still good cannot be found out now. Keep the tokens and try again in a moment.',
    },
    ko: {
      title: '세션 확인 불가',
      detail: '지금은 세션 상태를 확인할 수 없습니다. 토큰을 유지하고 잠시 후 다시 시도해 주세요.',
    },
  },
  mfa_token_expired: {
    status: 401,
    securityEvent: 'authn_login_fail',
    en: {
      title: 'Sign-in has to begin again',
      detail: 'The second step took too long, was done already, or began on another device. Start with the password.',
    },
    ko: {
      title: '로그인을 다시 시작해야 함',
      detail:
        '두 번째 단계의 시간이 지났거나 이미 완료되었거나 다른 기기에서 시작되었습니다. 비밀번호부터 다시 입력해 주세요.',
    },
  },
  mfa_invalid: {
    status: 401,
    securityEvent: 'authn_login_fail',
    en: {
      title: 'Second factor not accepted',
      detail: 'The code or passkey is missing, wrong or was used before. Wait for a new code and try again.',
    },
    ko: {
      title: '2단계 인증 실패',
      detail: '코드 또는 패스키가 없거나 올바르지 않거나 이미 사용되었습니다. 새 코드가 표시되면 다시 시도해 주세요.',
    },
  },
  mfa_enrolment_required: {
    status: 403,
    securityEvent: 'authz_fail',
    en: {
      title: 'Second factor required',
      detail: 'Your role works only with a second factor. Set one up at /api/v1/users/me/mfa/totp first.',
    },
    ko: {
      title: '2단계 인증 설정 필요',
      detail: '이 권한은 2단계 인증이 있어야 사용할 수 있습니다. 먼저 /api/v1/users/me/mfa/totp에서 설정해 주세요.',
    },
  },
  reauthentication_required: {
    status: 403,
    securityEvent: 'authz_fail',
    en: {
      title: 'Confirm who you are',
      detail:
        'The last sign-in is too long ago for this. Send the password, and the code of a second factor if there is one, to /api/v1/auth/reauthenticate first.',
    },
    ko: {
      title: '본인 확인 필요',
      detail:
        '마지막 인증 후 시간이 지났습니다. 먼저 /api/v1/auth/reauthenticate로 비밀번호와(설정한 경우) 2단계 인증 코드를 확인해 주세요.',
    },
  },
};
