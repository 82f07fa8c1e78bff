import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ApiDescription } from '../support/api-description.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { freshEvent, freshEvents, freshLane } from '../support/sealed-lanes.js';

let service: TestAuditService;

beforeAll(async () => {
  service = await startAuditService();
});

afterAll(() => service.close());

describe('The description of the Audit Service', () => {
  it('promises what is answered', async () => {
    const description = new ApiDescription((await service.get('/openapi.json', {})).text);
    const batch = freshEvents(2);
    const poison = freshLane().seal(freshEvent({ type: 'NOT A TYPE' }));
    const answers = [
      ['POST', '/api/v1/events', await service.send(batch)],
      ['POST', '/api/v1/events', await service.send([poison])],
      ['POST', '/api/v1/events', await service.send([])],
      ['POST', '/api/v1/events', await service.send('x'.repeat(2 ** 20 + 1))],
      ['POST', '/api/v1/events', await service.send([], { type: 'text/plain' })],
      ['GET', '/api/v1/events', await service.get('/api/v1/events')],
      ['GET', '/api/v1/events', await service.get('/api/v1/events?limit=x')],
      ['GET', '/api/v1/events', await service.get('/api/v1/events', {})],
      ['GET', '/api/v1/lanes', await service.get('/api/v1/lanes')],
      ['GET', '/api/v1/lanes/{lane}/entries', await service.get(`/api/v1/lanes/${batch[0]!.lane}/entries`)],
      ['POST', '/api/v1/lanes/verify', await service.post('/api/v1/lanes/verify')],
      ['GET', '/health', await service.get('/health', {})],
      ['GET', '/health/live', await service.get('/health/live', {})],
      ['GET', '/metrics', await service.get('/metrics', {})],
      ['GET', '/docs', await service.get('/docs', {})],
    ] as const;
    for (const [method, path, answer] of answers) expect(description.violations(method, path, answer)).toEqual([]);
  });

  it('has an example batch that is accepted', async () => {
    const json = (await service.get('/openapi.json', {})).text;
    const document = JSON.parse(json) as {
      paths: Record<string, { post: { requestBody: { content: Record<string, { example: unknown }> } } }>;
    };
    const { content } = document.paths['/api/v1/events']!.post.requestBody;

    expect(Object.keys(content)).toEqual(['application/cloudevents-batch+json']);
    expect((await service.send(content['application/cloudevents-batch+json']!.example)).body).toMatchObject({
      rejected: [],
    });
  });
});

describe('Whoever runs the Audit Service', () => {
  it('reads what it has received and how its lanes are', async () => {
    const metrics = async (): Promise<string> => (await service.get('/metrics', {})).text;
    const count = (text: string, name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const before = count(await metrics(), 'audit_receiver_accepted_total');
    const batch = freshEvents(3);
    await service.send(batch);
    await service.send(batch);
    await service.send([freshLane().seal(freshEvent({ type: 'NOT A TYPE' }))]);
    await service.post('/api/v1/lanes/verify');

    const text = await metrics();

    expect(count(text, 'audit_receiver_accepted_total')).toBe(before + 3);
    expect(count(text, 'audit_receiver_duplicates_total')).toBeGreaterThanOrEqual(3);
    expect(count(text, 'audit_receiver_places_without_event')).toBeGreaterThanOrEqual(1);
    expect(count(text, 'audit_receiver_verified_timestamp_seconds')).toBeGreaterThan(Date.now() / 1_000 - 60);
  });

  it('finds no event and no key in its log', async () => {
    const [event] = freshEvents(1, freshLane(), { subject: 'user/of-the-log' });
    await service.send([event]);
    await service.send([event], { key: 'a-wrong-key-of-some-length' });
    await service.get('/api/v1/events?subject=user/of-the-log');

    expect(service.logText()).not.toMatch(/of-the-log|a-wrong-key/);
    expect(service.logText()).not.toContain(service.key);
  });

  it('is told by its health that the role may change nothing', async () => {
    expect((await service.get('/health', {})).body).toEqual({ status: 'ok' });
    expect((await service.get('/health/live', {})).body).toEqual({ status: 'ok' });
  });
});
