import type { Letter } from '#platform/mail';

import { type MailWriter, required } from './mail-writer.js';

const letter = (language: 'en' | 'ko', subject: string, ...paragraphs: string[]): Letter => ({
  language,
  subject,
  blocks: paragraphs.map((text) => ({ kind: 'paragraph', text })),
});

/** After every change of a password, with or without the one before. Without a link: whoever reads it looks for one. */
export const passwordChanged: MailWriter<'password_changed'> = {
  read: () => ({}),
  write: (language, _data, place) =>
    language === 'ko'
      ? letter(
          language,
          '비밀번호가 변경되었습니다',
          `${place.host} 계정의 비밀번호가 변경되었습니다. 다른 기기에서는 모두 로그아웃되었습니다.`,
          '직접 변경하셨다면 아무것도 하지 않으셔도 됩니다. 아니라면 로그인 화면에서 비밀번호 재설정을 요청해 주세요. 재설정하면 다른 사람이 정한 비밀번호는 더 이상 사용할 수 없습니다.',
        )
      : letter(
          language,
          'Your password was changed',
          `The password of your account at ${place.host} was changed. All other devices were signed out.`,
          'If it was you, there is nothing to do. If not, ask for a new password where you sign in: that ends what somebody else has set.',
        ),
};

/** The right password after several wrong ones: its owner, or somebody who found it. */
export const signedInAfterFailures: MailWriter<'signed_in_after_failures'> = {
  read: (data) => ({ failures: required(data, 'failures') }),
  write: (language, { failures }, place) =>
    language === 'ko'
      ? letter(
          language,
          '여러 번 실패한 뒤 올바른 비밀번호가 입력되었습니다',
          `${place.host} 계정에서 잘못된 비밀번호가 ${failures}번 입력된 뒤 올바른 비밀번호가 입력되었습니다.`,
          '직접 입력하셨다면 아무것도 하지 않으셔도 됩니다. 아니라면 다른 사람이 비밀번호를 알아낸 것입니다. 바로 비밀번호를 변경해 주세요. 변경하면 다른 모든 기기에서 로그아웃됩니다.',
        )
      : letter(
          language,
          'The right password after several wrong ones',
          `At ${place.host}, somebody entered the right password of your account after ${failures} wrong ones.`,
          'If it was you, there is nothing to do. If not, somebody has found your password: change it now, which signs out all other devices.',
        ),
};
