import { openSql } from './sql.js';
import type { TestCluster } from './postgres-cluster.js';

/**
 * Stops every process of a PostgreSQL where it stands, as a machine does that hangs: connections stay open and nothing
 * answers. Returns what wakes it up again; call that before the cluster is stopped.
 */
export async function freeze(cluster: TestCluster): Promise<() => void> {
  const admin = await openSql(cluster.adminUrl('postgres'));
  const frozen: number[] = [];
  const stop = (pid: number): void => {
    if (signal(pid, 'SIGSTOP')) frozen.push(pid);
  };
  const wake = (): void => {
    for (const pid of frozen.splice(0)) signal(pid, 'SIGCONT');
    void admin.close();
  };
  try {
    // First the one that makes the others, so that the list of them is complete.
    stop(cluster.pid);
    const backends = await admin.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    for (const { pid } of backends) stop(pid);
  } catch (error) {
    wake();
    throw error;
  }
  return wake;
}

/** False when the process is gone already. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
