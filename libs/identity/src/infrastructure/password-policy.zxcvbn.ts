import { Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';

import { type OwnData, PasswordPolicy } from '../application/ports.js';
import type { PasswordReason } from '../domain/errors.js';
import { isCommon, type WordList } from './guessable-words.js';
import { containsOwnData, ownWords } from './own-data.js';

export abstract class PasswordPolicySettings {
  /** Code points. */
  abstract readonly minLength: number;
  /** What people call this service; no password may be one of these with decoration. */
  abstract readonly serviceNames: readonly string[];
}

// The list is of passwords from breaches all over the world, but few Korean ones: "password", "hello", "I love you",
// "thank you", "Korea", as they are and as they come out of a keyboard that is left in Latin mode.
const KOREAN = [
  ['비밀번호', 'qlalfqjsgh'],
  ['패스워드', 'votmdnjem'],
  ['안녕하세요', 'dkssudgktpdy'],
  ['사랑해', 'tkfkdgo'],
  ['사랑해요', 'tkfkdgody'],
  ['사랑합니다', 'tkfkdgkqslek'],
  ['감사합니다', 'rkatkgkqslek'],
  ['대한민국', 'eogksalsrnr'],
].flat();

// Far above the limit that the HTTP layer enforces (256); what comes later cannot make a password weaker.
const EXAMINED = 1_024;

/**
 * NIST SP 800-63B-4 §3.1.1.2: a least length and a block list, no rules of composition. The list is that of zxcvbn
 * (49 000 passwords from breaches, ordered by frequency), applied to the password as it is (`breached`) and to what is
 * left when its disguise is taken off (`common`).
 */
@Injectable()
export class ZxcvbnPasswordPolicy extends PasswordPolicy {
  #words: WordList | undefined;

  constructor(private readonly settings: PasswordPolicySettings) {
    super();
  }

  reasonsAgainst(password: string, own: OwnData): PasswordReason[] {
    const text = folded(password.slice(0, EXAMINED));
    const reasons: PasswordReason[] = [];
    if ([...password.slice(0, EXAMINED).normalize('NFC')].length < this.settings.minLength) reasons.push('too_short');
    if (isCommon(text, this.words)) reasons.push('common');
    if (breached().has(text)) reasons.push('breached');
    const words = ownWords(folded(own.email), folded(own.displayName ?? ''));
    if (containsOwnData(text, words, this.words)) reasons.push('contains_own_data');
    return reasons;
  }

  private get words(): WordList {
    return (this.#words ??= wordsWith(this.settings.serviceNames));
  }
}

let fromBreaches: ReadonlySet<string> | undefined;

/** Made at first use and once in a process: about 5 MB together with the list it is made of. */
function breached(): ReadonlySet<string> {
  return (fromBreaches ??= new Set(dictionary['passwords-common']));
}

function wordsWith(serviceNames: readonly string[]): WordList {
  const ours = new Set([...KOREAN, ...serviceNames.map((name) => folded(name).replaceAll(/[^\p{L}\p{N}]/gu, ''))]);
  const listed = breached();
  return { has: (word) => listed.has(word) || ours.has(word) };
}

/** For comparison only: full-width and other compatibility forms and capitals make no password stronger. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
