import { type MailWriter, required } from './mail-writer.js';

/** The confirmation link of a new account. */
export const verifyEmail: MailWriter<'verify_email'> = {
  read: (data) => ({ token: required(data, 'token') }),
  write: (language, { token }, place) => {
    const hours = place.verificationTokenHours;
    const url = place.linkTo('/verify-email', token);
    if (language === 'ko') {
      return {
        language,
        subject: '이메일 주소를 확인해 주세요',
        blocks: [
          { kind: 'paragraph', text: `이 이메일 주소로 ${place.host} 가입 신청이 접수되었습니다.` },
          { kind: 'link', label: '아래 링크를 열면 주소 확인이 끝납니다.', url },
          { kind: 'paragraph', text: `링크는 ${hours}시간 동안 한 번만 사용할 수 있습니다.` },
          {
            kind: 'paragraph',
            text: '링크를 열 수 없다면 다음 값을 token으로 하여 POST /api/v1/auth/verify-email 요청을 보내 주세요.',
          },
          { kind: 'code', text: token },
          {
            kind: 'paragraph',
            text: '직접 가입한 것이 아니라면 이 메일을 무시하셔도 됩니다. 주소를 확인하지 않은 계정은 사용할 수 없습니다.',
          },
        ],
      };
    }
    return {
      language,
      subject: 'Confirm your email address',
      blocks: [
        { kind: 'paragraph', text: `Someone signed up at ${place.host} with this email address.` },
        { kind: 'link', label: 'If it was you, open this link to confirm the address:', url },
        { kind: 'paragraph', text: `The link works once, within ${hours} ${hours === 1 ? 'hour' : 'hours'}.` },
        {
          kind: 'paragraph',
          text: 'If you cannot open it, send this value as "token" to POST /api/v1/auth/verify-email:',
        },
        { kind: 'code', text: token },
        {
          kind: 'paragraph',
          text: 'If it was not you, ignore this mail: an account cannot be used until its address is confirmed.',
        },
      ],
    };
  },
};
