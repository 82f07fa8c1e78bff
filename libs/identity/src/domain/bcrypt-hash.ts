// OpenBSD's bcrypt(3): the fixes that the letters stand for concern passwords longer than any that is admitted here.
const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;
const LEAST_COST = 4;
// More takes longer than any refusal is held back, and would tell by its time who has such a hash.
const MOST_COST = 13;

/** Whether a text is a bcrypt hash, and one that is verified here. */
export function bcryptVerdict(hash: string): 'good' | 'too_costly' | 'none' {
  const cost = Number(BCRYPT.exec(hash)?.[1]);
  if (!(cost >= LEAST_COST)) return 'none';
  return cost <= MOST_COST ? 'good' : 'too_costly';
}
