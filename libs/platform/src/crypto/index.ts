export { BlindIndex } from './blind-index.js';
export { DataKey, DataKeys } from './data-keys.js';
export { DecryptionFailed } from './envelope.js';
export { FieldCipher } from './field-cipher.js';
export { Keyring, KeySettings } from './keyring.js';
