import type { Letter, MailLanguage } from '#platform/mail';

import { type MailWriter, type Place, required } from './mail-writer.js';

/** Asks at an address that somebody wants for their account. Whoever reads it may know nothing of the account. */
export const confirmEmailChange: MailWriter<'confirm_email_change'> = {
  read: (data) => ({ token: required(data, 'token'), account: required(data, 'account') }),
  write: (language, { token, account }, place) => {
    const hours = place.verificationTokenHours;
    const url = place.linkTo('/change-email', token);
    if (language === 'ko') {
      return {
        language,
        subject: '새 이메일 주소를 확인해 주세요',
        blocks: [
          {
            kind: 'paragraph',
            text: `${place.host} 계정(${account})의 이메일 주소를 이 주소로 바꾸려는 요청이 있었습니다.`,
          },
          {
            kind: 'link',
            label: '직접 요청하셨다면 아래 링크에서 확인해 주세요. 확인하기 전에는 아무것도 바뀌지 않습니다.',
            url,
            button: '새 주소 확인하기',
          },
          { kind: 'paragraph', text: `링크는 ${hours}시간 동안 한 번만 사용할 수 있습니다.` },
          {
            kind: 'paragraph',
            text: '요청하신 적이 없다면 링크를 열지 마세요. 다른 사람이 자신의 계정에 이 주소를 적은 것이며, 확인하지 않으면 효력이 없습니다.',
          },
        ],
      };
    }
    return {
      language,
      subject: 'Confirm your new email address',
      blocks: [
        {
          kind: 'paragraph',
          text: `Someone wants to use this email address for the account ${account} at ${place.host}.`,
        },
        {
          kind: 'link',
          label: 'If it was you, confirm it here. Nothing changes before you do:',
          url,
          button: 'Confirm the new address',
        },
        { kind: 'paragraph', text: `The link works once, within ${hours} ${hours === 1 ? 'hour' : 'hours'}.` },
        {
          kind: 'paragraph',
          text: 'If it was not you, do not open the link: somebody gave your address for an account of theirs, which comes to nothing unless you confirm it.',
        },
      ],
    };
  },
};

export const emailChangeRequested: MailWriter<'email_change_requested'> = {
  read: (data) => ({ token: required(data, 'token'), address: required(data, 'address') }),
  write: (language, { token, address }, place) =>
    language === 'ko'
      ? notice(language, token, place, {
          subject: '이메일 주소 변경 요청',
          what: `${place.host} 계정의 이메일 주소를 ${address}(으)로 바꾸려는 요청이 있었습니다. 새 주소에서 확인하면 바뀝니다.`,
        })
      : notice(language, token, place, {
          subject: 'A new email address was asked for',
          what: `Someone who is signed in to your account at ${place.host} wants to change its email address to ${address}. It changes once that address is confirmed.`,
        }),
};

export const emailChanged: MailWriter<'email_changed'> = {
  read: emailChangeRequested.read,
  write: (language, { token, address }, place) =>
    language === 'ko'
      ? notice(language, token, place, {
          subject: '이메일 주소가 변경되었습니다',
          what: `${place.host} 계정의 이메일 주소가 ${address}(으)로 바뀌었습니다. 앞으로 메일은 새 주소로 발송됩니다.`,
        })
      : notice(language, token, place, {
          subject: 'Your email address was changed',
          what: `The email address of your account at ${place.host} is ${address} from now on, and mails go there.`,
        }),
};

interface Words {
  readonly subject: string;
  readonly what: string;
}

/** What the address before reads, with the way back. */
function notice(language: MailLanguage, token: string, place: Place, { subject, what }: Words): Letter {
  const url = place.linkTo('/undo-email-change', token);
  const days = place.undoTokenDays;
  const [fine, undo, button, rest] =
    language === 'ko'
      ? ([
          '직접 하신 일이라면 아무것도 하지 않으셔도 됩니다.',
          '본인이 아니라면 아래 링크에서 되돌려 주세요. 이 주소가 유지되고, 모든 기기에서 로그아웃되며, 지금 비밀번호는 사용할 수 없게 됩니다. 이어서 새 비밀번호를 정하는 메일을 보내 드립니다.',
          '변경 되돌리기',
          `링크는 ${days}일 동안 한 번만 사용할 수 있습니다.`,
        ] as const)
      : ([
          'If it was you, there is nothing to do.',
          'If it was not you, take it back here. This address stays, all devices are signed out, and the present password stops working; a mail that lets you choose a new one follows:',
          'This was not me',
          `The link works once, within ${days} days.`,
        ] as const);
  return {
    language,
    subject,
    blocks: [
      { kind: 'paragraph', text: what },
      { kind: 'paragraph', text: fine },
      { kind: 'link', label: undo, url, button },
      { kind: 'paragraph', text: rest },
    ],
  };
}
