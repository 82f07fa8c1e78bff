import { Injectable } from '@nestjs/common';

import { MailDataMissing, MailTemplates, UnknownMailTemplate, writeLetter } from '#platform/mail';
import type { Letter, MailContent, MailLanguage } from '#platform/mail';

export type SessionTemplate = 'session_new_device' | 'session_evicted' | 'session_refresh_reused';

/** The session that the mail is about. */
interface Told {
  /** As the device calls itself; empty when it did not say. */
  readonly device: string;
  /** When it signed in: `2026-03-01 09:00`, UTC. */
  readonly since: string;
}

interface Wording {
  readonly subject: string;
  readonly paragraphs: (told: Told) => readonly string[];
}

const WORDINGS: Readonly<Record<SessionTemplate, Readonly<Record<MailLanguage, Wording>>>> = {
  session_new_device: {
    en: {
      subject: 'New sign-in to your account',
      paragraphs: ({ device, since }) => [
        'Somebody signed in to your account with the right password, on a device that had not signed in before.',
        `It was: ${device} (on ${since} UTC).`,
        'If it was you, there is nothing to do. If not, somebody knows your password: change it, which signs out all other devices.',
      ],
    },
    ko: {
      subject: '새로운 기기에서 로그인되었습니다',
      paragraphs: ({ device, since }) => [
        '이전에 로그인한 적이 없는 기기에서 올바른 비밀번호로 로그인되었습니다.',
        `로그인한 기기: ${device} (${since} UTC).`,
        '본인이 로그인하셨다면 아무것도 하지 않으셔도 됩니다. 아니라면 다른 사람이 비밀번호를 알고 있는 것입니다. 비밀번호를 변경하면 다른 모든 기기에서 로그아웃됩니다.',
      ],
    },
  },
  session_evicted: {
    en: {
      subject: 'One of your devices was signed out',
      paragraphs: ({ device, since }) => [
        'You signed in on one device more than can be signed in at the same time, so the one that was used least recently was signed out.',
        `It was: ${device} (signed in on ${since} UTC).`,
        'If you did not sign in just now, somebody else did: change your password, which signs out all other devices.',
      ],
    },
    ko: {
      subject: '기기 한 대에서 로그아웃되었습니다',
      paragraphs: ({ device, since }) => [
        '동시에 로그인할 수 있는 기기 수를 넘어 새로 로그인하셨기 때문에, 가장 오래 사용하지 않은 기기에서 로그아웃되었습니다.',
        `로그아웃된 기기: ${device} (로그인 시각 ${since} UTC).`,
        '방금 로그인하지 않으셨다면 다른 사람이 로그인한 것입니다. 비밀번호를 변경하면 다른 모든 기기에서 로그아웃됩니다.',
      ],
    },
  },
  session_refresh_reused: {
    en: {
      subject: 'A device was signed out for your safety',
      paragraphs: ({ device, since }) => [
        'A key that keeps a device signed in was used twice. That can happen when somebody has copied it, so the device was signed out.',
        `It was: ${device} (signed in on ${since} UTC). Your other devices are still signed in.`,
        'Sign in again on that device. If you are not sure about it, change your password, which signs out all other devices.',
      ],
    },
    ko: {
      subject: '안전을 위해 기기에서 로그아웃되었습니다',
      paragraphs: ({ device, since }) => [
        '로그인 상태를 유지하는 키가 두 번 사용되었습니다. 누군가 키를 복사했을 수 있어 해당 기기에서 로그아웃했습니다.',
        `로그아웃된 기기: ${device} (로그인 시각 ${since} UTC). 다른 기기의 로그인은 유지됩니다.`,
        '해당 기기에서 다시 로그인해 주세요. 기기가 의심스럽다면 비밀번호를 변경해 주세요. 다른 모든 기기에서 로그아웃됩니다.',
      ],
    },
  },
};

const UNNAMED: Readonly<Record<MailLanguage, string>> = { en: 'an unnamed device', ko: '이름 없는 기기' };

/** What the owner of a session is told about its beginning and end, in English and Korean. */
@Injectable()
export class SessionMailTemplates extends MailTemplates {
  render(template: string, language: MailLanguage, data: Readonly<Record<string, string>>): MailContent {
    if (!isSessionTemplate(template)) throw new UnknownMailTemplate('A queued mail names no template of session.');
    return writeLetter(letter(WORDINGS[template][language], language, data));
  }
}

function letter(
  { subject, paragraphs }: Wording,
  language: MailLanguage,
  data: Readonly<Record<string, string>>,
): Letter {
  const { device, since } = data;
  if (device === undefined || since === undefined)
    throw new MailDataMissing('A queued mail lacks what it tells about.');
  const told = { device: device === '' ? UNNAMED[language] : device, since: since.slice(0, 16).replace('T', ' ') };
  return { language, subject, blocks: paragraphs(told).map((text) => ({ kind: 'paragraph', text })) };
}

export function isSessionTemplate(template: string): template is SessionTemplate {
  return Object.hasOwn(WORDINGS, template);
}
