import { Injectable } from '@nestjs/common';

import { MailLinkSettings } from '#identity';
import { MailTemplates, UnknownMailTemplate, writeLetter } from '#platform/mail';
import type { MailContent, MailLanguage } from '#platform/mail';

import type { MfaNotice } from '../application/ports.js';
import { member, timeIn, type Data, type ResetNotice, type Wordings } from './mfa-mail-wording.js';
import { RESET_WORDINGS } from './mfa-reset-wordings.js';

const NOT_YOU_EN =
  'If this was not you, change your password now, which signs out all other devices, and look at your second factors.';
const NOT_YOU_KO =
  '본인이 한 일이 아니라면 지금 비밀번호를 변경하고(다른 모든 기기에서 로그아웃됩니다) 2단계 인증 수단을 확인해 주세요.';

const NO_PASSKEY_NAME: Readonly<Record<MailLanguage, string>> = { en: 'one without a name', ko: '이름 없는 패스키' };
const NO_DEVICE_NAME: Readonly<Record<MailLanguage, string>> = { en: 'one without a name', ko: '이름 없는 기기' };

const FACTOR_WORDINGS: Wordings<Exclude<MfaNotice, ResetNotice>> = {
  mfa_enabled: {
    en: {
      subject: 'A second factor was added to your account',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) a way to prove a second factor was added to your account. Signing in asks for one from now on.`,
        'Keep your recovery codes where you find them without your phone.',
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '계정에 2단계 인증 수단이 추가되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 계정에 2단계 인증 수단이 추가되었습니다. 이제 로그인할 때 2단계 인증이 필요합니다.`,
        '복구 코드는 휴대전화 없이도 찾을 수 있는 곳에 보관해 주세요.',
        NOT_YOU_KO,
      ],
    },
  },
  mfa_totp_removed: {
    en: {
      subject: 'The authenticator app was removed from your account',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) the authenticator app was removed. Its codes are not accepted any more.`,
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '계정에서 인증 앱이 해제되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 인증 앱이 해제되었습니다. 이 앱의 코드는 더 이상 사용할 수 없습니다.`,
        NOT_YOU_KO,
      ],
    },
  },
  mfa_passkey_added: {
    en: {
      subject: 'A passkey was added to your account',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) a passkey was added to your account: ${passkeyIn(data, 'en')}. Whoever has it can sign in with nothing else.`,
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '계정에 패스키가 추가되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 계정에 패스키가 추가되었습니다: ${passkeyIn(data, 'ko')}. 이 패스키만으로 로그인할 수 있습니다.`,
        NOT_YOU_KO,
      ],
    },
  },
  mfa_passkey_removed: {
    en: {
      subject: 'A passkey was removed from your account',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) a passkey was removed from your account: ${passkeyIn(data, 'en')}. It is not accepted any more.`,
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '계정에서 패스키가 해제되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 계정에서 패스키가 해제되었습니다: ${passkeyIn(data, 'ko')}. 이 패스키는 더 이상 사용할 수 없습니다.`,
        NOT_YOU_KO,
      ],
    },
  },
  mfa_passkey_copied: {
    en: {
      subject: 'One of your passkeys may have been copied',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) somebody used a passkey of yours that counts its uses, and the count did not fit: ${passkeyIn(data, 'en')}. Two devices may have the same key, so the use was refused.`,
        'Remove this passkey from your account, and add a new one on a device that you trust.',
      ],
    },
    ko: {
      subject: '패스키가 복사되었을 수 있습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 패스키가 사용되었지만 사용 횟수가 맞지 않습니다: ${passkeyIn(data, 'ko')}. 같은 키를 가진 기기가 두 대일 수 있어 사용을 거부했습니다.`,
        '계정에서 이 패스키를 해제하고, 믿을 수 있는 기기에서 새로 추가해 주세요.',
      ],
    },
  },
  mfa_device_trusted: {
    en: {
      subject: 'A device is no longer asked for your second factor',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) somebody proved your second factor on this device and chose not to be asked for it there again: ${nameIn(data, NO_DEVICE_NAME.en)}. Until ${timeIn(data, 'until')} (UTC) your password alone signs in on it.`,
        'You can take that back in the settings of your account; a new password takes it back as well.',
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '2단계 인증을 생략하는 기기가 등록되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 다음 기기에서 2단계 인증을 완료하고 이후에는 묻지 않도록 설정했습니다: ${nameIn(data, NO_DEVICE_NAME.ko)}. ${timeIn(data, 'until')} (UTC)까지 이 기기에서는 비밀번호만으로 로그인할 수 있습니다.`,
        '계정 설정에서 해제할 수 있으며, 비밀번호를 변경해도 해제됩니다.',
        NOT_YOU_KO,
      ],
    },
  },
  mfa_recent_removed: {
    en: {
      subject: 'Second factors that were added lately were removed',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) a change of your address was taken back. Second factors and recovery codes that were added since that change were removed, because somebody else may have added them.`,
        'If one of them was yours, set it up again.',
      ],
    },
    ko: {
      subject: '최근에 추가된 2단계 인증 수단이 삭제되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 이메일 주소 변경이 취소되었습니다. 다른 사람이 추가했을 수 있으므로 주소 변경 이후에 추가된 2단계 인증 수단과 복구 코드를 삭제했습니다.`,
        '직접 추가하신 것이 있다면 다시 등록해 주세요.',
      ],
    },
  },
  mfa_recovery_codes_renewed: {
    en: {
      subject: 'You have new recovery codes',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) new recovery codes were made for your account. The ones from before are void.`,
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '복구 코드가 새로 발급되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 복구 코드가 새로 발급되었습니다. 이전 코드는 사용할 수 없습니다.`,
        NOT_YOU_KO,
      ],
    },
  },
  mfa_recovery_code_used: {
    en: {
      subject: 'A recovery code was used',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) one of your recovery codes was used in place of your second factor. You have ${member(data, 'left')} left.`,
        NOT_YOU_EN,
      ],
    },
    ko: {
      subject: '복구 코드가 사용되었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 2단계 인증 대신 복구 코드가 사용되었습니다. 남은 코드는 ${member(data, 'left')}개입니다.`,
        NOT_YOU_KO,
      ],
    },
  },
  mfa_proof_failed: {
    en: {
      subject: 'Somebody entered your password and a wrong second factor',
      paragraphs: (data) => [
        `On ${timeIn(data)} (UTC) somebody gave the right password of your account, but no valid second factor, and was refused.`,
        'If you mistyped a code, there is nothing to do. If it was not you, somebody knows your password: change it now.',
      ],
    },
    ko: {
      subject: '비밀번호는 맞지만 2단계 인증에 실패한 시도가 있었습니다',
      paragraphs: (data) => [
        `${timeIn(data)} (UTC)에 누군가 올바른 비밀번호를 입력했지만 2단계 인증에 실패하여 거부되었습니다.`,
        '코드를 잘못 입력하신 것이라면 조치할 것이 없습니다. 본인이 아니라면 누군가 비밀번호를 알고 있는 것이므로 지금 변경해 주세요.',
      ],
    },
  },
};

const WORDINGS: Wordings<MfaNotice> = { ...FACTOR_WORDINGS, ...RESET_WORDINGS };

/** What the owner of an account is told about its second factors, in English and Korean. */
@Injectable()
export class MfaMailTemplates extends MailTemplates {
  constructor(private readonly links: MailLinkSettings) {
    super();
  }

  render(template: string, language: MailLanguage, data: Data): MailContent {
    if (!isMfaTemplate(template)) throw new UnknownMailTemplate('A queued mail names no template of mfa.');
    const { subject, paragraphs, stop } = WORDINGS[template][language];
    const texts = paragraphs(data).map((text) => ({ kind: 'paragraph', text }) as const);
    const link = stop && ({ kind: 'link', ...stop, url: this.stopUrl(member(data, 'token')) } as const);
    return writeLetter({ language, subject, blocks: link === undefined ? texts : [...texts, link] });
  }

  private stopUrl(token: string): string {
    const url = new URL(`${this.links.publicBaseUrl.replace(/\/$/, '')}/stop-mfa-reset`);
    url.searchParams.set('token', token);
    return url.href;
  }
}

export function isMfaTemplate(template: string): template is MfaNotice {
  return Object.hasOwn(WORDINGS, template);
}

function passkeyIn(data: Data, language: MailLanguage): string {
  return nameIn(data, NO_PASSKEY_NAME[language]);
}

function nameIn(data: Data, unnamed: string): string {
  const name = member(data, 'name');
  return name === '' ? unnamed : name;
}
