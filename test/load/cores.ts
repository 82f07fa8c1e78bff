import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whether processes can be kept to a core here: Linux with util-linux, and two cores to share out. */
export const CAN_PIN = canPin();

function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The words before a command that keep it to one core. */
export function onCore(core: number): string[] {
  return CAN_PIN ? ['taskset', '-c', String(core)] : [];
}

/** Keeps this process, and all that it starts from now on, to one core. Returns how to take that back. */
export function stayOnCore(core: number): () => void {
  if (!CAN_PIN) return () => undefined;
  const set = (cores: string): void => {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], { stdio: 'ignore' });
  };
  set(String(core));
  return () => {
    set(`0-${availableParallelism() - 1}`);
  };
}
