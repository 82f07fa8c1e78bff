// As ours are made: whatever else is sent is no device's, and is not looked up.
const FORM = /^usd_[A-Za-z0-9_-]{43}$/;

/** `null` for what cannot be a token of ours. */
export function deviceTokenFrom(header: string | undefined): string | null {
  return header !== undefined && FORM.test(header) ? header : null;
}
