import { type MailWriter, required } from './mail-writer.js';

/** The link that sets a new password. Nothing changes until it is used. */
export const resetPassword: MailWriter<'reset_password'> = {
  read: (data) => ({ token: required(data, 'token') }),
  write: (language, { token }, place) => {
    const minutes = place.resetTokenMinutes;
    const url = place.linkTo('/reset-password', token);
    if (language === 'ko') {
      return {
        language,
        subject: '비밀번호 재설정',
        blocks: [
          { kind: 'paragraph', text: `${place.host} 계정의 비밀번호를 다시 설정해 달라는 요청이 있었습니다.` },
          {
            kind: 'link',
            label: '직접 요청하셨다면 아래 링크에서 새 비밀번호를 정해 주세요. 모든 기기에서 로그아웃됩니다.',
            url,
            button: '새 비밀번호 정하기',
          },
          {
            kind: 'paragraph',
            text: `링크는 ${minutes}분 동안 한 번만 사용할 수 있으며, 새 메일을 요청하면 이 링크는 더 이상 사용할 수 없습니다. 2단계 인증 설정은 그대로 유지됩니다.`,
          },
          {
            kind: 'paragraph',
            text: '요청하신 적이 없다면 이 메일을 무시하셔도 됩니다. 계정과 비밀번호는 바뀌지 않았습니다. 링크를 다른 사람에게 알려 주지 마세요.',
          },
        ],
      };
    }
    return {
      language,
      subject: 'Set a new password',
      blocks: [
        { kind: 'paragraph', text: `Someone asked to set a new password for your account at ${place.host}.` },
        {
          kind: 'link',
          label: 'If it was you, choose the new password here. All your devices are signed out then:',
          url,
          button: 'Choose a new password',
        },
        {
          kind: 'paragraph',
          text: `The link works once, within ${minutes} minutes, and only until you ask for another one. Your second factor stays as it is.`,
        },
        {
          kind: 'paragraph',
          text: 'If it was not you, there is nothing to do: your account and your password are unchanged. Give the link to nobody.',
        },
      ],
    };
  },
};
