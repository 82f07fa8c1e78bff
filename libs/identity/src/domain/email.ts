import { InvalidEmail } from './errors.js';

// RFC 5321 §4.5.3.1: 64 octets before the @; 254 in all (erratum 1690 to RFC 3696).
const LOCAL_MAX = 64;
const ADDRESS_MAX = 254;
// A domain in another script takes fewer characters than its ASCII form; the rest is room for spaces around it.
const TYPED_MAX = 2 * ADDRESS_MAX;
// RFC 5322 §3.2.3 dot-atom in ASCII; quoted local parts are refused: nobody has one, and parsers disagree on them.
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/;
// The URL host parser behind IDNA decodes percent escapes and knows ports; an address has neither.
const FOREIGN_TO_A_DOMAIN = /[^a-z0-9.\-\u0080-\u{10ffff}]/iu;
// Control, format (bidi, zero-width), surrogate, private and unassigned characters; spaces inside; fillers and selectors
// that nobody sees and that IDNA would silently drop (Unicode: Default_Ignorable_Code_Point).
const INVISIBLE = /[\p{C}\p{Z}\p{DI}]/u;

/**
 * An address in the one form in which it is stored, compared and written to.
 *
 * Refused: invisible characters, look-alikes of `@`, a local part that is not ASCII. Then: trimmed, local part in
 * ASCII lower case, domain in its IDNA form (UTS #46, by the `toAscii` port), and only then validated. Dots and
 * `+tags` keep their meaning: whether they matter is the receiving domain's business.
 */
export class Email {
  private constructor(readonly value: string) {}

  /** Throws {@link InvalidEmail}. `toAscii` answers an empty string for a domain that IDNA refuses. */
  static parse(typed: string, toAscii: (domain: string) => string): Email {
    const [localTyped, domainTyped] = split(typed);
    const local = localTyped.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const domain = toAscii(domainTyped.normalize('NFC'));
    const value = `${local}@${domain}`;
    const fits = local.length <= LOCAL_MAX && value.length <= ADDRESS_MAX;
    if (!fits || !LOCAL.test(local) || !DOMAIN.test(domain)) throw new InvalidEmail();
    return new Email(value);
  }

  /** For a value that {@link parse} made earlier and that was stored. */
  static stored(value: string): Email {
    return new Email(value);
  }

  /** Enough to recognise it, too little to use it: `k***@example.com`. */
  get masked(): string {
    const at = this.value.lastIndexOf('@');
    return `${this.value.slice(0, 1)}***${this.value.slice(at)}`;
  }
}

/** The two sides of the one `@`, in characters that an address may be written with. */
function split(typed: string): readonly [local: string, domain: string] {
  // First of all: to trim 60 kB of spaces would keep the event loop busy for seconds.
  if (typed.length > TYPED_MAX) throw new InvalidEmail();
  const trimmed = typed.replace(/^[ \t]+|[ \t]+$/g, '');
  if (INVISIBLE.test(trimmed)) throw new InvalidEmail();
  const [local, domain, ...rest] = trimmed.split('@');
  if (local === undefined || domain === undefined || rest.length > 0) throw new InvalidEmail();
  if (FOREIGN_TO_A_DOMAIN.test(domain)) throw new InvalidEmail();
  return [local, domain];
}
