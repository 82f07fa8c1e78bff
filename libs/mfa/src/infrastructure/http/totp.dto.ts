import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, IsString, MaxLength } from 'class-validator';

import type { ProposedTotp } from '../../application/enrol-totp.js';
import { qrCodeUri } from './qr-code.js';

// Whatever is no code is refused like a wrong one; this only limits the work.
const CODE_MAX = 64;
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

export class ProposedTotpDto {
  @ApiProperty({ type: String, description: 'Base32, to be typed where no camera is at hand.', example: SECRET })
  readonly secret: string;

  @ApiProperty({
    type: String,
    description: 'For a link on the device that has the app.',
    example: `otpauth://totp/User%20Service:kim.minji%40example.com?secret=${SECRET}&issuer=User%20Service&algorithm=SHA1&digits=6&period=30`,
  })
  readonly otpauthUrl: string;

  @ApiProperty({
    type: String,
    description: 'The same as a QR code: an SVG image as a data URI.',
    example: 'data:image/svg+xml;base64,PHN2Zy…',
  })
  readonly qrCode: string;

  constructor({ secret, otpauthUrl }: ProposedTotp) {
    this.secret = secret;
    this.otpauthUrl = otpauthUrl;
    this.qrCode = qrCodeUri(otpauthUrl);
  }
}

export class ConfirmTotpDto {
  @ApiProperty({ type: String, maxLength: CODE_MAX, description: 'What the app shows now.', example: '492039' })
  @IsDefined()
  @IsString()
  @MaxLength(CODE_MAX)
  code!: string;
}

export class RecoveryCodesDto {
  @ApiProperty({
    type: [String],
    description: 'Each works once, in place of a code of the app. They are never shown again.',
    example: ['0KQ8-V3ZD-1T6M-XW2P', '1B7N-9YHC-4RFA-E5GS'],
  })
  readonly recoveryCodes: readonly string[];

  constructor(codes: readonly string[]) {
    this.recoveryCodes = codes;
  }
}
