import type { MailWriter } from './mail-writer.js';

/** What the owner of an address reads when somebody registers with it again. The caller is told nothing. */
export const addressAlreadyRegistered: MailWriter<'address_already_registered'> = {
  read: () => ({}),
  write: (language, _data, place) => {
    if (language === 'ko') {
      return {
        language,
        subject: '이미 가입된 이메일 주소입니다',
        blocks: [
          {
            kind: 'paragraph',
            text: `이 이메일 주소로 ${place.host} 가입 신청이 있었지만, 이 주소로 만든 계정이 이미 있습니다.`,
          },
          {
            kind: 'paragraph',
            text: '직접 신청하셨다면 새로 가입하지 말고 기존 비밀번호로 로그인해 주세요.',
          },
          {
            kind: 'paragraph',
            text: '신청하신 적이 없다면 아무것도 하지 않으셔도 됩니다. 계정과 비밀번호는 바뀌지 않았습니다.',
          },
        ],
      };
    }
    return {
      language,
      subject: 'You already have an account',
      blocks: [
        {
          kind: 'paragraph',
          text: `Someone tried to sign up at ${place.host} with this email address, which already has an account.`,
        },
        {
          kind: 'paragraph',
          text: 'If it was you, sign in with your existing password instead.',
        },
        {
          kind: 'paragraph',
          text: 'If it was not you, there is nothing to do: your account and your password are unchanged.',
        },
      ],
    };
  },
};
