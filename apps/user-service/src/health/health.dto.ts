import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

const EXAMPLE = { database: { status: 'up' }, redis: { status: 'degraded', reason: 'unreachable' } };

function dependencies(description: string, example: object): ApiPropertyOptions {
  return {
    type: 'object',
    description,
    example,
    additionalProperties: {
      type: 'object',
      required: ['status'],
      additionalProperties: false,
      properties: {
        status: { type: 'string', enum: ['up', 'degraded', 'down'] },
        reason: { type: 'string', description: 'A fixed word, such as unreachable or migrations_pending' },
      },
    },
  };
}

/** The answer of `/health`, `/health/ready` and `/health/startup`. */
export class HealthDocument {
  @ApiProperty({ type: String, enum: ['ok', 'degraded', 'error'], example: 'degraded' })
  readonly status!: string;

  @ApiProperty(dependencies('What is able to serve', EXAMPLE))
  readonly info!: object;

  @ApiProperty(dependencies('What is not', {}))
  readonly error!: object;

  @ApiProperty(dependencies('Both of them', EXAMPLE))
  readonly details!: object;
}

/** The answer of `/health/live`. */
export class LiveDocument {
  @ApiProperty({ type: String, enum: ['ok'], example: 'ok' })
  readonly status!: string;
}
