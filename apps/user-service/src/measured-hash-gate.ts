import { Injectable } from '@nestjs/common';
import { HashGate, HashGateSettings } from '#platform/hashing';
import { MetricsRegistry, registerHashMetrics, type Timer } from '#platform/metrics';

/** The hash gate, with its queue and the time it takes on `/metrics`. */
@Injectable()
export class MeasuredHashGate extends HashGate {
  readonly #timer: Timer;

  constructor(settings: HashGateSettings, metrics: MetricsRegistry) {
    super(settings);
    this.#timer = registerHashMetrics(metrics, () => this.stats);
  }

  override run<T>(hash: () => Promise<T>): Promise<T> {
    const started = performance.now();
    return super.run(hash).finally(() => {
      this.#timer.observe((performance.now() - started) / 1_000);
    });
  }
}
