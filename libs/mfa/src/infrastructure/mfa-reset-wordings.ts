import { timeIn, type ResetNotice, type Wordings } from './mfa-mail-wording.js';

const STOP_EN = {
  label: 'If it was not you who asked for this, or you have a factor still, stop it:',
  button: 'Stop it',
};
const STOP_KO = { label: '직접 요청하지 않았거나 아직 인증 수단이 있다면 중단해 주세요:', button: '중단하기' };

export const RESET_WORDINGS: Wordings<ResetNotice> = {
  mfa_reset_requested: {
    en: {
      subject: 'Your second factors are to be reset',
      stop: STOP_EN,
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) an administrator asked for the reset of your second factors, as for somebody who lost them. Another one has to agree before anything happens; you get another mail then.`,
      ],
    },
    ko: {
      subject: '2단계 인증 초기화가 요청되었습니다',
      stop: STOP_KO,
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 관리자가 회원님의 2단계 인증 초기화를 요청했습니다. 다른 관리자가 승인하기 전에는 아무것도 바뀌지 않으며, 승인되면 다시 메일을 보내 드립니다.`,
      ],
    },
  },
  mfa_reset_approved: {
    en: {
      subject: 'Your second factors will be reset',
      stop: STOP_EN,
      paragraphs: (data) => [
        `Two administrators agreed to reset your second factors. On ${timeIn(data)} (UTC) all of them and your recovery codes are removed, and every device is signed out. Your password stays as it is.`,
      ],
    },
    ko: {
      subject: '2단계 인증이 초기화될 예정입니다',
      stop: STOP_KO,
      paragraphs: (data) => [
        `관리자 두 명이 회원님의 2단계 인증 초기화를 승인했습니다. ${timeIn(data)} (UTC)에 모든 인증 수단과 복구 코드가 삭제되고 모든 기기에서 로그아웃됩니다. 비밀번호는 그대로입니다.`,
      ],
    },
  },
  mfa_reset_stopped: {
    en: {
      subject: 'The reset of your second factors was stopped',
      paragraphs: (data) => [`On ${timeIn(data)} (UTC) the reset was stopped. Your second factors stay as they are.`],
    },
    ko: {
      subject: '2단계 인증 초기화가 중단되었습니다',
      paragraphs: (data) => [`${timeIn(data)} (UTC)에 초기화가 중단되었습니다. 2단계 인증 수단은 그대로 유지됩니다.`],
    },
  },
  mfa_reset_done: {
    en: {
      subject: 'Your second factors were reset',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) your second factors and recovery codes were removed and every device was signed out, as two administrators had agreed.`,
        'Sign in with your password and set up a new second factor.',
      ],
    },
    ko: {
      subject: '2단계 인증이 초기화되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 관리자 두 명의 승인에 따라 2단계 인증 수단과 복구 코드가 삭제되고 모든 기기에서 로그아웃되었습니다.`,
        '비밀번호로 로그인한 뒤 새 2단계 인증 수단을 등록해 주세요.',
      ],
    },
  },
};
