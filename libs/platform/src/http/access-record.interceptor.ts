import {
  Inject,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { firstValueFrom, of, type Observable } from 'rxjs';

import { UnitOfWork } from '#kernel';

import { routeTemplateOf } from './route-template.js';

/**
 * Each answer of the route shows an administrator something of one user, whose id is the parameter `id`: it leaves an
 * access record with who, when, from where, of whom and what for (requirements.md, AU-12), before it is given. One that
 * cannot be recorded is not given. What is not found shows nothing.
 */
export const RecordsAccess = (): MethodDecorator & ClassDecorator => UseInterceptors(AccessRecordInterceptor);

@Injectable()
export class AccessRecordInterceptor implements NestInterceptor {
  constructor(@Inject(UnitOfWork) private readonly uow: UnitOfWork) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>();
    const answer: unknown = await firstValueFrom(next.handle());
    await this.uow.tell({
      type: 'access.admin.user_viewed',
      userId: request.params.id.toLowerCase(),
      occurredAt: new Date(),
      data: { task: `${request.method} ${routeTemplateOf(request)}` },
    });
    return of(answer);
  }
}
