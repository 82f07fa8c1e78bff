import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Counts events of a fixed set of kinds. */
export interface LabelledCounter {
  /** Kinds that were not announced count as `other`, so that no caller can make up series. */
  increment(kind: string): void;
}

/** Records durations in seconds. */
export interface Timer {
  observe(seconds: number): void;
}

/** Value of the label for everything that is not on its list. */
export const OTHER = 'other';

/**
 * Where parts of the service announce what they can be asked about. Nothing here takes a label value from a request:
 * series are bounded by what the code lists (Prometheus naming: base units, `_total` for counters).
 */
export class MetricsRegistry {
  readonly registry = new Registry();

  /** A value that goes up and down, read when metrics are scraped. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(readSafely(read, 0));
      },
    });
  }

  /** Several values of one kind, told apart by `label`; the keys that `read` returns must be a fixed set. */
  gauges(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        for (const [key, value] of Object.entries(readSafely(read, {}))) this.set({ [label]: key }, value);
      },
    });
  }

  /** A total that somebody else counts already; it must never go down. */
  total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(readSafely(read, 0));
      },
    });
  }

  /** @param kinds every value the label can have; all of them start at zero, so that a first event is an increase */
  counter(name: string, help: string, label: string, kinds: readonly string[]): LabelledCounter {
    const counter = new Counter({ name, help, labelNames: [label], registers: [this.registry] });
    return seriesOf(kinds, (kind) => counter.labels({ [label]: kind }));
  }

  /** The same told apart by two labels: a counter of the second one for each kind of the first. */
  counters(
    name: string,
    help: string,
    first: { readonly label: string; readonly kinds: readonly string[] },
    second: { readonly label: string; readonly kinds: readonly string[] },
  ): ReadonlyMap<string, LabelledCounter> {
    const labelNames = [first.label, second.label];
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    return new Map(
      first.kinds.map((kind) => [
        kind,
        seriesOf(second.kinds, (other) => counter.labels({ [first.label]: kind, [second.label]: other })),
      ]),
    );
  }

  /** @param buckets upper bounds in seconds, ascending */
  timer(name: string, help: string, buckets: readonly number[]): Timer {
    return new Histogram({ name, help, buckets: [...buckets], registers: [this.registry] });
  }

  /** The Prometheus text exposition format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}

function seriesOf(kinds: readonly string[], childOf: (kind: string) => { inc(by?: number): void }): LabelledCounter {
  const series = new Map([...kinds, OTHER].map((kind) => [kind, childOf(kind)]));
  for (const child of series.values()) child.inc(0);
  return { increment: (kind) => (series.get(kind) ?? series.get(OTHER))?.inc() };
}

/** One part that cannot answer must not take the whole scrape with it. */
function readSafely<T>(read: () => T, instead: T): T {
  try {
    return read();
  } catch {
    return instead;
  }
}
