import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { RequestContext } from '#platform/context';
import { ApiProblems, Idempotent, Public, TimeFloor } from '#platform/http';

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
  @ApiOperation({
    operationId: 'register',
    summary: 'Create an account',
    description:
      'Mails a token that confirms the address. The answer and its time are the same whether or not the address is ' +
      'taken; the owner of a taken address gets a mail that says so.',
  })
  @ApiAcceptedResponse({ type: RegistrationAnswerDto, description: 'A mail is on its way.' })
  @ApiProblems('password_rejected', 'under_age', 'overloaded')
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
  @ApiOperation({
    operationId: 'verifyEmail',
    summary: 'Confirm an e-mail address',
    description:
      'Takes the token that was mailed. It works once, for as long as the mail says, and confirms the registration that ' +
      'it was mailed for; other registrations of the address are void then.',
  })
  @ApiNoContentResponse({ description: 'The address is confirmed; signing in works now.' })
  @ApiProblems(['token_invalid', 400])
  async verify(@Body() dto: VerifyEmailDto): Promise<void> {
    await this.verifyEmail.execute(dto.token);
  }

  @Post('verify-email/resend')
  @HttpCode(202)
  @TimeFloor()
  @ApiOperation({
    operationId: 'resendVerification',
    summary: 'Ask for a new verification mail',
    description: 'The answer and its time are the same whether or not there is an account that waits for one.',
  })
  @ApiAcceptedResponse({ type: RegistrationAnswerDto, description: 'A mail is on its way if one is due.' })
  async resend(@Body() dto: ResendVerificationDto): Promise<RegistrationAnswerDto> {
    await this.resendVerification.execute(dto.email);
    return { status: 'verification_pending' };
  }
}
