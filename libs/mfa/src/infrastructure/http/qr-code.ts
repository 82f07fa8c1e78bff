import { encodeQR } from 'qr';

/** ISO/IEC 18004: four modules of quiet zone, so that it is read on dark pages too. */
const QUIET_ZONE = 4;

/** A QR code as an `<img src>` that loads nothing. */
export function qrCodeUri(text: string): string {
  const svg = encodeQR(text, 'svg', { ecc: 'medium', border: QUIET_ZONE });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
