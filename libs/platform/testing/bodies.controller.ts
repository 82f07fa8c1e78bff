import { Body, Controller, Get, HttpCode, Injectable, Module, Post, Query, Req } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmail,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { FastifyRequest } from 'fastify';

import { DomainError } from '#kernel';
import { AcceptsBody, AcceptsForm, ResourceId } from '#platform/http';

class Consent {
  @IsString()
  purpose!: string;
}

class RegisterDto {
  @IsEmail()
  email!: string;

  @IsOptional()
  @IsString()
  @MaxLength(5)
  displayName?: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2)
  @ValidateNested({ each: true })
  @Type(() => Consent)
  consents?: Consent[];
}

class ListQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Max(100)
  limit = 20;

  @IsOptional()
  @IsString()
  email?: string;
}

class TokenMissing extends DomainError {
  readonly code = 'token_missing';
  readonly kind = 'unauthenticated';
}

@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    if (routeOptions.url === '/api/v1/guarded' && headers.authorization === undefined)
      throw new TokenMissing('no token');
    return true;
  }
}

/** Its guard runs as those of the contexts do: after the rate limit, before the body. */
@Module({ providers: [{ provide: APP_GUARD, useClass: HeaderGuard }] })
export class HeaderGuardModule {}

/** Takes bodies and parameters in every way that the platform has rules for. */
@Controller('api/v1')
export class BodiesController {
  @Post('users')
  @HttpCode(202)
  create(@Body() dto: RegisterDto): unknown {
    return { isDto: dto instanceof RegisterDto, dto };
  }

  @Post('guarded')
  guarded(@Body() dto: RegisterDto): unknown {
    return dto;
  }

  @Post('bare')
  @HttpCode(204)
  bare(): void {
    return;
  }

  @Post('form')
  @AcceptsForm()
  form(@Body() body: Record<string, unknown>): unknown {
    return body;
  }

  @Post('batch')
  @AcceptsBody({ mediaType: 'application/batch+json', maxBytes: 1_000 })
  batch(@Req() { body }: FastifyRequest): unknown {
    return body;
  }

  @Get('users')
  list(@Query() query: ListQuery): unknown {
    return query;
  }

  @Get('users/:id')
  one(@ResourceId('id') id: string): unknown {
    return { id };
  }
}
