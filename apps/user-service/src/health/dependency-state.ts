/** Reasons are words of ours: an error's own text may name hosts. */
export type Reason =
  | 'unreachable'
  | 'migrations_pending'
  | 'read_only'
  | 'not_configured'
  | 'not_checked'
  | 'nearly_full'
  | 'backlog'
  | 'key_refused'
  | 'slow'
  | 'starting'
  | 'draining';

/** `degraded`: still serving, with less. `down`: not able to serve. */
export interface DependencyState {
  readonly status: 'up' | 'degraded' | 'down';
  readonly reason?: Reason;
}

export const UP: DependencyState = { status: 'up' };
export const degraded = (reason: Reason): DependencyState => ({ status: 'degraded', reason });
export const down = (reason: Reason): DependencyState => ({ status: 'down', reason });
