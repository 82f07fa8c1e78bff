import type { MailLanguage } from '#platform/mail';

import { type MailWriter, required } from './mail-writer.js';

// Nobody knows where the reader is: English names UTC, Korean the time of the country.
const TIMES = {
  en: {
    zone: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
    name: 'UTC',
  },
  ko: {
    zone: new Intl.DateTimeFormat('ko-KR', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Seoul' }),
    name: '한국 시간',
  },
} as const;

/** The confirmation link of a new account. By the time of the sign-up readers tell their own from a stranger's. */
export const verifyEmail: MailWriter<'verify_email'> = {
  read: (data) => ({ token: required(data, 'token'), signedUpAt: required(data, 'signedUpAt') }),
  write: (language, { token, signedUpAt }, place) => {
    const hours = place.verificationTokenHours;
    const url = place.linkTo('/verify-email', token);
    const time = timeIn(language, signedUpAt);
    if (language === 'ko') {
      return {
        language,
        subject: '이메일 주소를 확인해 주세요',
        blocks: [
          { kind: 'paragraph', text: `${time}에 이 이메일 주소로 ${place.host} 가입 신청이 접수되었습니다.` },
          {
            kind: 'link',
            label: '그때 직접 신청하셨다면 아래 링크를 열어 주소를 확인해 주세요. 그때 정한 비밀번호가 적용됩니다.',
            url,
            button: '주소 확인하기',
          },
          { kind: 'paragraph', text: `링크는 ${hours}시간 동안 한 번만 사용할 수 있습니다.` },
          {
            kind: 'paragraph',
            text: '링크를 열 수 없다면 다음 값을 token으로 하여 POST /api/v1/auth/verify-email 요청을 보내 주세요.',
          },
          { kind: 'code', text: token },
          {
            kind: 'paragraph',
            text: '그때 신청하신 것이 아니라면 링크를 열지 마세요. 다른 사람이 이 주소로 신청한 것이며, 확인하지 않은 신청은 효력이 없습니다. 다른 때에 신청하셨다면 그 시각이 적힌 메일을 사용해 주세요.',
          },
        ],
      };
    }
    return {
      language,
      subject: 'Confirm your email address',
      blocks: [
        { kind: 'paragraph', text: `On ${time}, someone signed up at ${place.host} with this email address.` },
        {
          kind: 'link',
          label: 'If that was you, open this link to confirm the address. The password chosen then will be yours:',
          url,
          button: 'Confirm my address',
        },
        { kind: 'paragraph', text: `The link works once, within ${hours} ${hours === 1 ? 'hour' : 'hours'}.` },
        {
          kind: 'paragraph',
          text: 'If you cannot open it, send this value as "token" to POST /api/v1/auth/verify-email:',
        },
        { kind: 'code', text: token },
        {
          kind: 'paragraph',
          text: 'If you did not sign up at that time, do not open the link: somebody else used your address, and a sign-up that is never confirmed comes to nothing. If you signed up at another time, use the mail that names that time.',
        },
      ],
    };
  },
};

/** An instant in words. @param instant RFC 3339 */
export function timeIn(language: MailLanguage, instant: string): string {
  const { zone, name } = TIMES[language];
  return `${zone.format(new Date(instant))} (${name})`;
}
