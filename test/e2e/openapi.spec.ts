import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';

import { documentedPath } from '#platform/openapi';

import { freshEmail, PASSWORD, type Answer } from '../support/api-client.js';
import { ApiDescription } from '../support/api-description.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const AUTH = '/api/v1/auth';
const ME = '/api/v1/users/me';

let service: TestApp;
let description: ApiDescription;

describe('The description of the running service', () => {
  beforeAll(async () => {
    service = await startTestApp({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '50' });
    const { text } = await service.api.get('/openapi.json');
    description = new ApiDescription(text);
  });

  afterAll(() => service.close());

  /** Calls the service, and fails when the answer is none that the description promises for the operation. */
  async function call(
    method: string,
    path: string,
    options: Parameters<TestApp['api']['call']>[2] = {},
  ): Promise<Answer> {
    const answer = await service.api.call(method, path, options);
    expect(description.violations(method, path, answer)).toEqual([]);
    return answer;
  }

  it('AZ-01 HT-16 holds every route of the server, and no other', () => {
    const routes = service.app
      .getHttpAdapter()
      .getInstance()
      .routeTable.entries()
      .flatMap(({ template, methods }) => methods.map((method) => `${method} ${documentedPath(template)}`))
      // HEAD and OPTIONS answer wherever another method does.
      .filter((route) => !/^(HEAD|OPTIONS) /.test(route));
    expect([...routes].sort()).toEqual([...description.operations].sort());
  });

  it('says the same in JSON and in YAML, of the service at hand', async () => {
    const [json, yaml] = [await service.api.get('/openapi.json'), await service.api.get('/openapi.yaml')];
    expect(yaml.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(load(yaml.text)).toEqual(json.body);
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json.text).toContain(`${service.env['PUBLIC_BASE_URL']!}/docs/errors#`);
  });

  it('ID-08 HT-17 promises the answers that a whole visit gets', async () => {
    const email = freshEmail();
    const headers = { 'idempotency-key': 'visit-1' };
    const body = { email, password: PASSWORD, displayName: '김민지' };
    expect((await call('POST', `${AUTH}/register`, { body, headers })).status).toBe(202);
    expect((await call('POST', `${AUTH}/register`, { body, headers })).headers.get('idempotency-replayed')).toBe(
      'true',
    );
    expect((await call('POST', `${AUTH}/login`, { body: { email, password: PASSWORD } })).status).toBe(403);
    const { token: mailed } = await service.mail(email);
    expect((await call('POST', `${AUTH}/verify-email`, { body: { token: mailed } })).status).toBe(204);
    expect((await call('POST', `${AUTH}/verify-email/resend`, { body: { email } })).status).toBe(202);
    const login = await call('POST', `${AUTH}/login`, { body: { email, password: PASSWORD } });
    const { accessToken, refreshToken } = login.body as { accessToken: string; refreshToken: string };
    const me = await call('GET', ME, { token: accessToken });
    expect(me.body).toMatchObject({ email, displayName: '김민지', phone: null });
    const etag = me.headers.get('etag')!;
    expect((await call('GET', ME, { token: accessToken, headers: { 'if-none-match': etag } })).status).toBe(304);
    const patch = {
      token: accessToken,
      body: { phone: '+821012345678', displayName: null },
      headers: { 'if-match': etag },
    };
    expect((await call('PATCH', ME, patch)).status).toBe(200);
    expect((await call('PATCH', ME, patch)).status).toBe(412);
    expect((await call('POST', `${AUTH}/refresh`, { body: { refreshToken } })).status).toBe(200);
    expect((await call('POST', `${AUTH}/logout`, { token: accessToken })).status).toBe(204);
    expect((await call('GET', ME, { token: accessToken })).body).toMatchObject({ code: 'session_revoked' });
  });

  it('HT-01 promises the refusals', async () => {
    const codes: unknown[] = [];
    const refused = async (...args: Parameters<typeof call>): Promise<void> => {
      codes.push((await call(...args)).body['code']);
    };
    const headers = { 'accept-language': 'ko' };
    await refused('POST', `${AUTH}/register`, { body: { email: 'nobody', more: 1 }, headers });
    await refused('POST', `${AUTH}/register`, { body: { email: freshEmail(), password: 'password1234' }, headers });
    await refused('POST', `${AUTH}/register`, { body: '{"email":', headers });
    await refused('POST', `${AUTH}/register`, { body: ' '.repeat(70_000) });
    await refused('POST', `${AUTH}/register`, { body: '{}', headers: { 'content-type': 'text/plain' } });
    await refused('POST', `${AUTH}/register`, { body: {}, headers: { 'idempotency-key': 'a b' } });
    await refused('POST', `${AUTH}/login`, { body: { email: freshEmail(), password: PASSWORD } });
    await refused('POST', `${AUTH}/refresh`, { body: { refreshToken: 'usr_none' } });
    await refused('POST', `${AUTH}/verify-email`, { body: { token: 'none' } });
    await refused('GET', ME);
    await refused('GET', ME, { token: 'none' });
    await refused('GET', `${ME}?${'x'.repeat(9_000)}`);
    await refused('GET', '/docs/no-such-file.js');
    expect(codes).toEqual([
      'validation_failed',
      'password_rejected',
      'malformed_json',
      'payload_too_large',
      'unsupported_media_type',
      'idempotency_key_invalid',
      'invalid_credentials',
      'refresh_invalid',
      'token_invalid',
      'token_missing',
      'token_invalid',
      'uri_too_long',
      'not_found',
    ]);
  });

  it('would notice an answer that it does not promise', async () => {
    const me = await service.api.get(ME);
    const more = { ...me, text: JSON.stringify({ ...me.body, stack: 'at …' }) };
    const tagged = { ...me, headers: new Headers([...me.headers, ['etag', '"v1"']]) };
    expect(description.violations('GET', ME, { ...me, status: 200 })).toContain(
      'content type application/problem+json',
    );
    expect(description.violations('GET', ME, { ...me, status: 204 })).toEqual(['status 204']);
    expect(description.violations('GET', ME, more)).toEqual([expect.stringContaining('"stack"')]);
    expect(description.violations('GET', ME, tagged)).toEqual(['header etag']);
  });

  it('promises what operations and documentation answer', async () => {
    const paths = ['/health', '/health/live', '/health/ready', '/health/startup', '/metrics', '/docs', '/docs/errors'];
    const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-init.js', 'favicon-32x32.png'];
    for (const path of [...paths, '/openapi.json', '/openapi.yaml', ...assets.map((name) => `/docs/${name}`)]) {
      expect([path, (await call('GET', path)).status]).toEqual([path, 200]);
    }
  });

  it('gives an example of a registration that is accepted as it stands', async () => {
    const body = description.requestExample('POST', `${AUTH}/register`);
    expect((await call('POST', `${AUTH}/register`, { body })).status).toBe(202);
  });

  it('leads from the `type` of a problem to the explanation of its code', async () => {
    const { body } = await call('GET', ME);
    const page = await service.api.get(new URL(String(body['type'])).pathname);
    expect(page.text).toContain(`id="${new URL(String(body['type'])).hash.slice(1)}"`);
  });

  it('promises that too many requests are refused', async () => {
    for (let count = 0; count < 50; count += 1) await service.api.get(ME);
    const answer = await call('GET', ME);
    expect([answer.status, answer.body['code']]).toEqual([429, 'rate_limited']);
  });
});
