/** The header in which a client is told, and later tells, which device it is. */
export const DEVICE_TOKEN = 'X-Device-Token';

/** The header of an answer that makes a device known, in OpenAPI. */
export const DEVICE_TOKEN_ANSWER = { [DEVICE_TOKEN]: { $ref: '#/components/headers/XDeviceToken' } };
