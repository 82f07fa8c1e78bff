import { describe, expect, it } from '@jest/globals';
import decodeQR from 'qr/decode.js';

import { qrCodeUri } from './qr-code.js';

const LINK =
  'otpauth://totp/Tea%20%26%20Co%3A%20%ED%95%9C%EA%B8%80:kim@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' +
  '&issuer=Tea%20%26%20Co%3A%20%ED%95%9C%EA%B8%80&algorithm=SHA1&digits=6&period=30';
const PIXELS = 6;

/** Black modules of the drawing, which is one path of squares, as a camera sees them. */
function photographOf(uri: string): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const svg = Buffer.from(uri.replace('data:image/svg+xml;base64,', ''), 'base64').toString('utf8');
  const modules = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1]);
  const size = modules * PIXELS;
  const data = new Uint8Array(size * size * 4).fill(255);
  let x = 0;
  let y = 0;
  const path = /d="([^"]+)"/.exec(svg)?.[1] ?? '';
  for (const [, command, first, second] of path.matchAll(/([MmhHvVZ])(-?\d+)?(?:[ ,]?(-?\d+))?/g)) {
    if (command === 'M') [x, y] = [Number(first), Number(second)];
    if (command === 'm') [x, y] = [x + Number(first), y + Number(second)];
    if (command === 'Z') paint(x, y);
  }
  return { width: size, height: size, data };

  function paint(column: number, row: number): void {
    for (let dy = 0; dy < PIXELS; dy += 1) {
      const from = ((row * PIXELS + dy) * size + column * PIXELS) * 4;
      for (let dx = 0; dx < PIXELS; dx += 1) data.set([0, 0, 0], from + dx * 4);
    }
  }
}

describe('MF-01 The picture for an authenticator app', () => {
  it('says to a camera exactly what the link says', () => {
    expect(decodeQR(photographOf(qrCodeUri(LINK)))).toBe(LINK);
  });
});
