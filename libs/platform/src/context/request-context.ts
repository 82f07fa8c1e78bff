import { Injectable } from '@nestjs/common';
import { ClsService } from 'nestjs-cls';

/** Who acts, as audit events name it. */
export interface Actor {
  readonly type: 'user' | 'admin' | 'service' | 'system' | 'anonymous';
  readonly id?: string;
  readonly sessionId?: string;
  readonly apiKeyId?: string;
}

/** What is known about the request at work, for events, logs and error answers. */
export interface RequestInfo {
  readonly requestId: string;
  /** W3C trace context of the caller, passed on unchanged. */
  readonly traceparent?: string | undefined;
  /** The client's address as the trusted proxies report it; personal data, so truncated before it is kept. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly language: 'en' | 'ko';
}

// Symbols: string keys are taken as paths and parsed at every access.
const INFO = Symbol('request.info');
const ACTOR = Symbol('request.actor');

/** The request at work, reachable from anywhere below it without being passed along (AsyncLocalStorage). */
@Injectable()
export class RequestContext {
  constructor(private readonly cls: ClsService) {}

  /** Runs `work` as the given request. Everything it awaits sees the same context. */
  run<T>(info: RequestInfo, actor: Actor, work: () => T): T {
    return this.cls.run({ ifNested: 'override' }, () => {
      this.cls.set(INFO, info);
      this.cls.set(ACTOR, actor);
      return work();
    });
  }

  /** `undefined` outside of a request (background work, start-up). */
  get info(): RequestInfo | undefined {
    return this.cls.isActive() ? this.cls.get<RequestInfo | undefined>(INFO) : undefined;
  }

  /** Work that no request asked for is the system's. */
  get actor(): Actor {
    return (this.cls.isActive() ? this.cls.get<Actor | undefined>(ACTOR) : undefined) ?? { type: 'system' };
  }

  /** Called by the guard that found out who the caller is. */
  setActor(actor: Actor): void {
    this.cls.set(ACTOR, actor);
  }
}
