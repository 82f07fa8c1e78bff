import { domainText, integerText, lineText, passkeyOriginsText } from './formats.js';
import { httpRefusedInProduction } from './urls.js';
import { defaulted, optional } from './variable.js';

/** That it is really them. */
export const mfaVariables = {
  MFA_REMEMBER_DEVICE_DAYS: defaulted('0', {
    schema: integerText(0, 180),
    type: 'integer 0..180',
    meaning:
      'Days for which a device where a second factor was proven, with rememberDevice, is not asked for one. Fewer days, or 0 for none, hold for devices that were remembered before as well.',
  }),
  WEBAUTHN_RP_ID: optional({
    schema: domainText,
    type: 'domain name',
    fallbackText: 'the host of PUBLIC_BASE_URL',
    meaning:
      'The domain that passkeys are made for: the host of PUBLIC_BASE_URL or a domain above it. Changing it voids every passkey.',
  }),
  WEBAUTHN_RP_NAME: defaulted('User Service', {
    schema: lineText,
    type: 'text',
    meaning: 'What people are told a passkey is for.',
  }),
  WEBAUTHN_ORIGINS: defaulted('[]', {
    schema: passkeyOriginsText,
    type: 'JSON array of exact origins and android:apk-key-hash:…',
    meaning:
      'Pages and apps that may ask for passkeys, besides the pages of PUBLIC_BASE_URL. Browsers learn of pages that are not below WEBAUTHN_RP_ID from /.well-known/webauthn there. https in production, unless the host is internal.',
    refusedInProduction: (origins) =>
      origins
        .filter((origin) => origin.startsWith('http'))
        .map(httpRefusedInProduction)
        .find((reason) => reason !== undefined),
  }),
};
