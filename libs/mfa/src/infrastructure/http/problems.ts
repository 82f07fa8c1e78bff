import type { LocalizedProblem } from '#platform/http';

type MfaProblemCode =
  | 'passkey_not_registered'
  | 'passkey_taken'
  | 'too_many_passkeys'
  | 'mfa_already_enabled'
  | 'mfa_enrolment_missing'
  | 'mfa_not_enabled'
  | 'mfa_invalid'
  | 'mfa_throttled'
  | 'second_admin_required'
  | 'own_mfa_reset'
  | 'mfa_unavailable';

/** Texts of the errors that only this context can answer with. */
export const MFA_PROBLEMS: Readonly<Record<MfaProblemCode, LocalizedProblem>> = {
  mfa_already_enabled: {
    status: 409,
    en: {
      title: 'Authenticator app set up already',
      detail: 'There is an authenticator app already. Remove it first to set up another one.',
    },
    ko: {
      title: '이미 등록된 인증 앱',
      detail: '이미 인증 앱이 등록되어 있습니다. 다른 앱을 등록하려면 먼저 해제해 주세요.',
    },
  },
  mfa_enrolment_missing: {
    status: 409,
    en: {
      title: 'Nothing to confirm',
      detail: 'No authenticator app waits to be confirmed, or it waited for too long. Begin again.',
    },
    ko: {
      title: '확인할 등록 없음',
      detail: '확인을 기다리는 인증 앱이 없거나 시간이 지났습니다. 등록을 다시 시작해 주세요.',
    },
  },
  passkey_not_registered: {
    status: 422,
    en: {
      title: 'Passkey not added',
      detail: 'The answer of the authenticator does not fit the options. Ask for new options and try again.',
    },
    ko: {
      title: '패스키 추가 실패',
      detail: '인증 장치의 응답이 옵션과 맞지 않습니다. 옵션을 새로 받아 다시 시도해 주세요.',
    },
  },
  passkey_taken: {
    status: 409,
    en: { title: 'Passkey in use', detail: 'This passkey is registered already. Use another authenticator.' },
    ko: { title: '이미 등록된 패스키', detail: '이미 등록된 패스키입니다. 다른 인증 장치를 사용해 주세요.' },
  },
  too_many_passkeys: {
    status: 409,
    en: {
      title: 'Too many passkeys',
      detail: 'There are as many passkeys as one may have. Remove one that is not used.',
    },
    ko: {
      title: '패스키 개수 초과',
      detail: '등록할 수 있는 패스키 수를 모두 사용했습니다. 쓰지 않는 패스키를 먼저 해제해 주세요.',
    },
  },
  mfa_not_enabled: {
    status: 409,
    en: {
      title: 'No second factor',
      detail: 'Recovery codes stand in for a second factor. Set one up first.',
    },
    ko: {
      title: '2단계 인증 미설정',
      detail: '복구 코드는 2단계 인증을 대신하는 코드입니다. 먼저 2단계 인증을 설정해 주세요.',
    },
  },
  mfa_invalid: {
    status: 422,
    securityEvent: 'authn_login_fail',
    en: {
      title: 'Code not accepted',
      detail: 'The code is not the one that the app shows now. Check the clock of the phone and try again.',
    },
    ko: {
      title: '사용할 수 없는 코드',
      detail: '앱에 지금 표시된 코드와 다릅니다. 휴대전화의 시각을 확인한 뒤 다시 시도해 주세요.',
    },
  },
  second_admin_required: {
    status: 409,
    en: {
      title: 'Another administrator has to agree',
      detail: 'You asked for this reset yourself. It goes on once another administrator agrees.',
    },
    ko: {
      title: '다른 관리자의 승인 필요',
      detail: '직접 요청하신 초기화입니다. 다른 관리자가 승인해야 진행됩니다.',
    },
  },
  own_mfa_reset: {
    status: 409,
    en: {
      title: 'Your own second factors',
      detail: 'Administrators cannot reset their own factors. Ask two others, or remove them yourself.',
    },
    ko: {
      title: '본인의 2단계 인증',
      detail: '관리자는 본인의 2단계 인증을 초기화할 수 없습니다. 다른 관리자 두 명에게 요청하거나 직접 해제해 주세요.',
    },
  },
  mfa_unavailable: {
    status: 503,
    en: {
      title: 'Second factor cannot be checked',
      detail: 'The second factor cannot be checked now. Use another one, or tell the support.',
    },
    ko: {
      title: '2단계 인증 확인 불가',
      detail: '지금은 2단계 인증을 확인할 수 없습니다. 다른 인증 수단을 사용하거나 고객 지원에 문의해 주세요.',
    },
  },
  mfa_throttled: {
    status: 429,
    securityEvent: 'excess_rate_limit_exceeded',
    en: {
      title: 'Too many wrong codes',
      detail: 'Too many codes were wrong, so no code is accepted for now. Wait as long as "Retry-After" says.',
    },
    ko: {
      title: '코드 오류 횟수 초과',
      detail:
        '잘못된 코드가 너무 많아 지금은 코드를 확인할 수 없습니다. "Retry-After" 시간이 지난 뒤 다시 시도해 주세요.',
    },
  },
};
