import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { RequestContext } from '#platform/context';
import { Idempotent, Public, TimeFloor } from '#platform/http';

import { RegisterUser } from '../../application/register-user.js';
import { ResendVerification } from '../../application/resend-verification.js';
import { VerifyEmail } from '../../application/verify-email.js';
import { RegisterDto, RegistrationAnswerDto, ResendVerificationDto, VerifyEmailDto } from './registration.dto.js';

@ApiTags('Registration')
@Public()
@Controller('api/v1/auth')
export class RegistrationController {
  constructor(
    private readonly registerUser: RegisterUser,
    private readonly verifyEmail: VerifyEmail,
    private readonly resendVerification: ResendVerification,
    private readonly context: RequestContext,
  ) {}

  @Post('register')
  @HttpCode(202)
  @Idempotent()
  @TimeFloor()
  async register(@Body() dto: RegisterDto): Promise<RegistrationAnswerDto> {
    await this.registerUser.execute({
      email: dto.email,
      password: dto.password,
      displayName: dto.displayName ?? null,
      locale: dto.locale ?? this.context.info?.language ?? 'en',
      consents: dto.consents ?? [],
      birthDate: dto.birthDate,
    });
    return { status: 'verification_pending' };
  }

  @Post('verify-email')
  @HttpCode(204)
  async verify(@Body() dto: VerifyEmailDto): Promise<void> {
    await this.verifyEmail.execute(dto.token);
  }

  @Post('verify-email/resend')
  @HttpCode(202)
  @TimeFloor()
  async resend(@Body() dto: ResendVerificationDto): Promise<RegistrationAnswerDto> {
    await this.resendVerification.execute(dto.email);
    return { status: 'verification_pending' };
  }
}
