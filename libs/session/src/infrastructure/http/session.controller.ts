import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';

import { Clock } from '#kernel';
import { RequestContext } from '#platform/context';
import { CurrentPrincipal, Public, type Principal } from '#platform/http';

import { RotateRefreshToken } from '../../application/rotate-refresh-token.js';
import { SignIn } from '../../application/sign-in.js';
import { SignOut } from '../../application/sign-out.js';
import { LoginDto, RefreshDto, TokensDto } from './session.dto.js';

@ApiTags('Sessions')
@Controller('api/v1/auth')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly rotateRefreshToken: RotateRefreshToken,
    private readonly signOut: SignOut,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  async login(@Body() { email, password, deviceName, rememberMe }: LoginDto): Promise<TokensDto> {
    const { info } = this.context;
    const tokens = await this.signIn.execute({
      email,
      password,
      deviceName: deviceName ?? null,
      rememberMe: rememberMe ?? false,
      ip: info?.ip ?? null,
      userAgent: info?.userAgent ?? null,
    });
    return new TokensDto(tokens);
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  async refresh(@Body() { refreshToken }: RefreshDto): Promise<TokensDto> {
    return new TokensDto(await this.rotateRefreshToken.execute(refreshToken, this.clock.now()));
  }

  @ApiBearerAuth()
  @Post('logout')
  @HttpCode(204)
  async logout(@CurrentPrincipal() { sessionId }: Principal): Promise<void> {
    await this.signOut.execute(sessionId);
  }
}
