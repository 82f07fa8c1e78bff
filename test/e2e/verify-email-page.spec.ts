import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

import { freshEmail } from '../support/api-client.js';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const BASE = 'http://accounts.localhost';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp({ PUBLIC_BASE_URL: BASE });
});
afterAll(() => service.close());

/** The link in the newest mail, as its reader would open it. */
async function linkTo(email: string): Promise<string> {
  const [link] = /http\S+\/verify-email\?token=\S+/.exec((await service.mail(email)).text) ?? [];
  return link!;
}

describe('GET /verify-email', () => {
  it.each([
    ['ko-KR,ko;q=0.9', 'ko', '이메일 주소 확인'],
    ['fr', 'en', 'Confirm your email address'],
  ])('answers "%s" with a page in "%s" that is kept nowhere and holds no token', async (accepted, language, title) => {
    const answer = await service.api.get('/verify-email?token=canary', { headers: { 'accept-language': accepted } });

    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`<html lang="${language}">`);
    expect(answer.text).toContain(`<h1>${title}</h1>`);
    expect(answer.text).not.toContain('canary');
    expect(service.logText()).not.toContain('canary');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none';script-src 'sha256-[\w+/=]+';style-src 'sha256-[\w+/=]+';connect-src 'self';/,
    );
    expect(policy).not.toContain('unsafe');
  });
});

describe('The mailed link in a browser', () => {
  let browser: BrowserContext;
  let profile: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: findChromium(),
      headless: true,
      locale: 'ko-KR',
      args: [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP accounts.localhost ${new URL(service.url).host}`],
    });
    browser.setDefaultTimeout(20_000);
  }, 360_000);

  afterAll(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  async function open(address: string): Promise<Page> {
    const page = await browser.newPage();
    // A violation of the policy is an error of the console. A refused token is one, too, and meant to be.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 400')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return page;
  }

  const click = async (page: Page): Promise<string> => {
    await page.getByRole('button', { name: '주소 확인' }).click();
    const told = page.locator('output:not(:empty)');
    return (await told.innerText()).trim();
  };

  it('confirms at a click, never by being opened, and only once', async () => {
    const email = freshEmail();
    await service.api.register(email);
    const link = await linkTo(email);
    expect(link.startsWith(`${BASE}/verify-email?token=`)).toBe(true);

    const page = await open(link);
    expect(page.url()).toBe(`${BASE}/verify-email`);
    expect((await service.api.login(email)).status).toBe(403);

    expect(await click(page)).toBe('주소가 확인되었습니다. 이제 로그인할 수 있습니다.');
    expect((await service.api.login(email)).status).toBe(200);
    expect(await click(await open(link))).toContain('이미 사용되었거나');
    expect(complaints).toEqual([]);
  });

  it('that was cut says so, and has nothing to send', async () => {
    const page = await open(`${BASE}/verify-email`);

    expect(await page.locator('output').innerText()).toContain('토큰이 없습니다');
    expect(await page.getByRole('button').isDisabled()).toBe(true);
    expect(complaints).toEqual([]);
  });
});
