import { connect } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { UP, degraded, type DependencyState } from './dependency-state.js';
import { AuditBacklog, HealthSettings } from './health-settings.js';

const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 1_000;

/**
 * Whether the Audit Service accepts connections. Asked in the background, never while a probe waits: events lie safe
 * in the outbox meanwhile, so its absence is a loss of freshness and nothing else, and so is an outbox that grows beyond
 * its limits.
 */
@Injectable()
export class AuditCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  #state: DependencyState = { status: 'up', reason: 'not_checked' };
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: HealthSettings,
    private readonly backlog: AuditBacklog,
  ) {}

  onApplicationBootstrap(): void {
    const refresh = (): void => void this.refresh();
    refresh();
    this.#timer = setInterval(refresh, INTERVAL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  state(): DependencyState {
    const { trouble } = this.backlog;
    return trouble === undefined ? this.#state : degraded(trouble);
  }

  async refresh(): Promise<void> {
    this.#state = (await accepts(new URL(this.settings.auditServiceUrl))) ? UP : degraded('unreachable');
  }
}

function accepts(url: URL): Promise<boolean> {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    // The socket's timeout does not cover name resolution.
    const timer = setTimeout(settle, TIMEOUT_MS, false);
    socket.once('close', () => {
      clearTimeout(timer);
    });
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('timeout', () => {
      settle(false);
    });
    socket.once('error', () => {
      settle(false);
    });
  });
}
