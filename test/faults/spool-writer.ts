// Spools events as fast as it can, and writes down each one that it was told is safe, until somebody kills it.
import 'reflect-metadata';
import { createLogger } from '#platform/logging';
import { MetricsRegistry } from '#platform/metrics';
import { FileEventSpool } from '#platform/outbox';

const [dir = '', name = ''] = process.argv.slice(2);
const logger = createLogger({ level: 'error', service: 'spool-writer', version: '0' });
const spool = new FileEventSpool({ dir, maxBytes: 64 * 1_048_576 }, logger, new MetricsRegistry());

for (let count = 1; ; count += 1) {
  const event = `${name}-${count}`;
  await spool.keep([
    { message: { id: event, topic: 'audit', orderKey: event, payload: { event, filler: 'x'.repeat(700) } } },
  ]);
  process.stdout.write(`${event}\n`);
}
