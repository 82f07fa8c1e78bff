import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';

import { PasswordCheck, type PasswordCheckVerdict, type SessionOwner } from '../application/password-check.js';

@Injectable()
export class IdentityPasswordCheck extends PasswordCheck {
  constructor(private readonly identity: IdentityApi) {
    super();
  }

  async verify(session: SessionOwner, password: string): Promise<PasswordCheckVerdict> {
    const verdict = await this.identity.verifyPasswordOf(session, password);
    if (verdict.outcome === 'throttled') return verdict;
    if (verdict.outcome === 'accepted') return { outcome: 'accepted', user: verdict.account };
    const isWrong = verdict.outcome === 'rejected' && verdict.reason === 'wrong_password';
    // They had an account in good order when they signed in.
    return { outcome: 'rejected', reason: isWrong ? 'wrong_password' : 'account_changed' };
  }
}
