/** The header in which a client is told, and later tells, which device it is. */
export const DEVICE_TOKEN = 'X-Device-Token';

/** The header of every sign-in's answer, in OpenAPI. */
export const DEVICE_TOKEN_ANSWER = { [DEVICE_TOKEN]: { $ref: '#/components/headers/XDeviceToken' } };

// As ours are made: whatever else is sent is no device's, and is not looked up.
const FORM = /^usd_[A-Za-z0-9_-]{43}$/;

/** `null` for what cannot be a token of ours. */
export function deviceTokenFrom(header: string | undefined): string | null {
  return header !== undefined && FORM.test(header) ? header : null;
}
