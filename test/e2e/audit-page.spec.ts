import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

import { startAuditService, type TestAuditService } from '../support/audit-service.js';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { freshEvent, freshEvents, freshLane } from '../support/sealed-lanes.js';

const HOSTILE = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;
const DISGUISED = 'user/\u202egnp.exe';
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 900 };

let service: TestAuditService;
let profile: string;
let browser: BrowserContext;

async function open(
  size: { width: number; height: number },
  query = '',
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  await page.setViewportSize(size);
  const complaints: string[] = [];
  // A violation of the CSP is an error of the console.
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(`${service.url}/${query}`);
  return { page, complaints };
}

/** Nothing reaches beyond the screen. */
async function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

const altered = freshEvents(12);

beforeAll(async () => {
  service = await startAuditService();
  const lane = freshLane();
  await service.send([
    lane.seal(freshEvent()),
    lane.seal(
      freshEvent({ subject: HOSTILE, data: { outcome: 'denied', reason: 'api_key', actor: { type: 'user' } } }),
    ),
    lane.seal(freshEvent({ subject: DISGUISED })),
    lane.seal(freshEvent({ subject: 'user/'.padEnd(200, 'W'), type: 'access.admin.user_viewed' })),
    lane.seal(freshEvent({ data: { outcome: 'failure', reason: 'wrong_password', actor: { type: 'anonymous' } } })),
  ]);
  await service.send(altered);
  for (let others = 0; others < 4; others += 1) await service.send(freshEvents(15));
  profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: [...CHROMIUM_FLAGS],
  });
  browser.setDefaultTimeout(20_000);
}, 360_000);

afterAll(async () => {
  await browser.close();
  await service.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

/** For whoever wants to look at the page, as far as it is long enough: `SCREENSHOTS` names a folder. */
async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  const clip = { x: 0, y: 0, width: page.viewportSize()?.width ?? 0, height: 1_500 };
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, clip });
}

describe('The page of the Audit Service in a browser', () => {
  it.each([
    ['a phone', PHONE, 'light'],
    ['a phone in the dark', PHONE, 'dark'],
    ['a desktop', DESKTOP, 'light'],
    ['a desktop in the dark', DESKTOP, 'dark'],
  ] as const)('fits on %s, without a complaint', async (name, size, colorScheme) => {
    const { page, complaints } = await open(size, '?lang=en');
    await page.emulateMedia({ colorScheme });

    expect(await overflow(page)).toBe(0);
    const small = await page
      .locator('a:visible, button:visible, input:visible, summary:visible')
      .evaluateAll(
        (nodes) => nodes.filter((node) => (node as unknown as { offsetHeight: number }).offsetHeight < 24).length,
      );
    expect(small).toBe(0);
    await page.locator('summary').nth(3).click();
    expect(await overflow(page)).toBe(0);
    const dark = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(dark).toBe(colorScheme === 'dark' ? 'rgb(16, 19, 24)' : 'rgb(246, 247, 249)');
    await keep(page, name);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows the state, the lanes and the last events, in English and Korean', async () => {
    const { page } = await open(DESKTOP, '?lang=en');
    expect(await page.locator('h1').innerText()).toBe('All chains are whole');
    expect(await page.locator('.lanes li').count()).toBe(6);
    expect(await page.locator('.figures').innerText()).toContain('77');
    expect(await page.locator('.events > li').count()).toBe(50);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');

    await page.getByRole('link', { name: '한국어' }).click();
    expect(await page.locator('h1').innerText()).toBe('모든 체인이 온전합니다');
    expect(await page.locator('html').getAttribute('lang')).toBe('ko');
    await keep(page, 'Korean');
    await page.close();
    const korean = await service.get('/', { 'accept-language': 'ko-KR,ko;q=0.9' });
    expect(korean.text).toContain('모든 체인이 온전합니다');
    expect(korean.headers.get('content-language')).toBe('ko');
  });

  it('shows what an event holds, and obeys none of it', async () => {
    const { page, complaints } = await open(PHONE, `?lang=en&subject=${encodeURIComponent(HOSTILE)}`);

    expect(await page.locator('.events > li').count()).toBe(1);
    expect(await page.locator('.subject').innerText()).toBe(HOSTILE);
    expect(await page.locator('input[name=subject]').inputValue()).toBe(HOSTILE);
    expect(await page.locator('script, img').count()).toBe(0);
    expect(await page.title()).toBe('Audit Service');
    expect(complaints).toEqual([]);

    await page.goto(`${service.url}/?lang=en&subject=${encodeURIComponent(DISGUISED)}`);
    expect(await page.locator('.subject').innerText()).toBe('user/\\u{202e}gnp.exe');
    await page.close();
  });

  it('finds events by a form, and older ones by a link', async () => {
    const { page } = await open(DESKTOP, '?lang=en');
    await page.getByLabel('Type').fill('access.admin.user_viewed');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('.events > li').count()).toBe(1);
    await page.locator('summary').click();
    expect(await page.locator('pre').innerText()).toContain('"type": "access.admin.user_viewed"');

    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByRole('link', { name: 'Older events' }).click();
    expect(await page.locator('.events > li').count()).toBe(27);
    await page.getByRole('link', { name: 'Live' }).click();
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('5');
    await page.close();
  });

  it('says where a chain is broken', async () => {
    const { superuser } = service;
    await superuser.query('ALTER TABLE audit.events DISABLE TRIGGER append_only');
    await superuser.query('UPDATE audit.events SET event = $1 WHERE id = $2', [
      { ...altered[6], type: 'session.logged_out' },
      altered[6]!.id,
    ]);
    await superuser.query('DELETE FROM audit.events WHERE id = $1', [altered[9]!.id]);
    await superuser.query('ALTER TABLE audit.events ENABLE ALWAYS TRIGGER append_only');
    await service.post('/api/v1/lanes/verify');
    const { page } = await open(PHONE, '?lang=en');

    expect(await page.locator('h1').innerText()).toBe('A chain is broken');
    const card = page.locator('.lanes li.bad');
    expect(await card.count()).toBe(1);
    expect(await card.innerText()).toMatch(/Altered at 7[^]*Gaps: 10/);
    expect(await overflow(page)).toBe(0);
    await keep(page, 'broken');
    await page.close();
  });
});

describe('The page of the Audit Service for strangers', () => {
  it('is not there under another name of this machine, or through a proxy', async () => {
    const { port } = new URL(service.url);
    for (const headers of [{ 'x-forwarded-for': '203.0.113.7' }, { forwarded: 'for=203.0.113.7' }]) {
      expect((await service.get('/', headers)).status).toBe(404);
    }
    const rebound = await service.app.inject({ url: '/', headers: { host: `evil.example:${port}` } });
    expect(rebound.statusCode).toBe(404);
  });

  it('is not there in production, and wants its password where it has one', async () => {
    const closed = await startAuditService({ DEBUG: 'false' });
    const password = 'a password of some length';
    const locked = await startAuditService({ DEBUG: 'false', AUDIT_PAGE_PASSWORD: password });
    const basic = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(`anybody:${text}`).toString('base64')}`,
    });
    try {
      expect((await closed.get('/', {})).status).toBe(404);
      const refused = await locked.get('/', {});
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Basic realm="Audit Service", charset="UTF-8"');
      expect((await locked.get('/', basic('another password'))).status).toBe(401);
      expect((await locked.get('/', { 'x-api-key': locked.key })).status).toBe(401);
      const opened = await locked.get('/', { ...basic(password), 'x-forwarded-for': '203.0.113.7' });
      expect(opened.status).toBe(200);
      expect(opened.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
      expect(opened.headers.get('cache-control')).toBe('no-store');
    } finally {
      await closed.close();
      await locked.close();
    }
  });
});
