/** What a hash of ours says of itself: the cost it was made with, and under which pepper. */
export interface HashOrigin {
  readonly memoryKib: number;
  readonly timeCost: number;
  /** Id of the pepper that was keyed in first; `null` when none was. */
  readonly pepperId: string | null;
}

// Parameters in any order, as other implementations write them; `keyid` is the one of the PHC string format for Argon2.
const ARGON2ID = /^\$argon2id\$v=19\$([a-z]+=[^$,]+(?:,[a-z]+=[^$,]+)*)\$[^$]+\$[^$]+$/;
const KEY_ID = /,keyid=([A-Za-z0-9+/]+)(?=[,$])/;

/** `null` for whatever is no Argon2id hash of version 19. */
export function readPhc(hash: string): HashOrigin | null {
  const parameters = ARGON2ID.exec(hash)?.[1];
  if (parameters === undefined) return null;
  const values = new Map(parameters.split(',').map((pair) => pair.split('=', 2) as [string, string]));
  const keyId = values.get('keyid');
  return {
    memoryKib: Number(values.get('m')),
    timeCost: Number(values.get('t')),
    pepperId: keyId === undefined ? null : Buffer.from(keyId, 'base64').toString('utf8'),
  };
}

/**
 * The hash as it is stored: parameters in the order m, t, p, which the PHC string format fixes and the package does not
 * keep, and then the id of the pepper.
 */
export function writePhc(hash: string, pepperId: string | null): string {
  const ordered = hash.replace(/\$(m=\d+),(p=\d+),(t=\d+)\$/, '$$$1,$3,$2$$');
  if (pepperId === null) return ordered;
  const keyId = Buffer.from(pepperId, 'utf8').toString('base64').replace(/=+$/, '');
  return ordered.replace(/(\$m=\d+,t=\d+,p=\d+)\$/, `$1,keyid=${keyId}$$`);
}

/** The hash as the package reads it, which knows of no key ids. */
export function withoutPepperId(hash: string): string {
  return hash.replace(KEY_ID, '');
}
