import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type BrowserContext, type Page, type Request } from 'playwright-core';

import { freshEmail } from '../support/api-client.js';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const BASE = 'http://accounts.localhost';
const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp({ PUBLIC_BASE_URL: BASE });
});
afterAll(() => service.close());

/** The link in mail number `count`, as its reader would open it. */
async function linkTo(email: string, count = 1): Promise<string> {
  const [link] = /http\S+\?token=\S+/.exec((await service.mail(email, count)).text) ?? [];
  return link!;
}

describe('The pages behind mailed links', () => {
  it.each([
    ['verify-email', 'ko-KR,ko;q=0.9', 'ko', '이메일 주소 확인'],
    ['verify-email', 'fr', 'en', 'Confirm your email address'],
    ['change-email', 'ko', 'ko', '새 이메일 주소 확인'],
    ['change-email', 'en', 'en', 'Confirm your new email address'],
    ['undo-email-change', 'ko', 'ko', '이메일 주소 변경 되돌리기'],
    ['undo-email-change', 'en', 'en', 'Take back the change of address'],
    ['reset-password', 'ko', 'ko', '새 비밀번호 정하기'],
    ['reset-password', 'en', 'en', 'Choose a new password'],
  ])('/%s answers "%s" in "%s", is kept nowhere and holds no token', async (path, accepted, language, title) => {
    const answer = await service.api.get(`/${path}?token=canary`, { headers: { 'accept-language': accepted } });

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
  const requests: Request[] = [];

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
    await page.setViewportSize({ width: 320, height: 568 });
    page.on('request', (request) => requests.push(request));
    // A violation of the policy is an error of the console. A refused token is one, too, and meant to be.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4(00|22)/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return page;
  }

  const click = async (page: Page, name = '주소 확인'): Promise<string> => {
    await page.getByRole('button', { name }).click();
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

  it('sets a new password on a telephone, and says what is wrong with one', async () => {
    const { email } = await service.api.signedInUser();
    await service.api.forgot(email);
    const page = await open(await linkTo(email, 2));
    expect(page.url()).toBe(`${BASE}/reset-password`);

    const field = page.getByLabel('새 비밀번호');
    await field.fill('password1234');
    expect(await click(page, '새 비밀번호 저장')).toBe(
      '추측하기 쉬운 비밀번호입니다.\n유출된 적이 있는 비밀번호입니다.',
    );
    await page.getByLabel('비밀번호 보기').check();
    expect(await field.getAttribute('type')).toBe('text');
    await field.fill(NEW_PASSWORD);
    expect(await click(page, '새 비밀번호 저장')).toBe('새 비밀번호가 저장되었습니다. 이제 로그인할 수 있습니다.');

    expect(await field.inputValue()).toBe('');
    expect((await service.api.login(email, NEW_PASSWORD)).status).toBe(200);
    // Nothing has to be scrolled sideways, and everything can be hit with a thumb.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const targets = await page.locator('button, input[type=text], label.check').all();
    const heights = await Promise.all(targets.map(async (target) => (await target.boundingBox())?.height));
    expect(heights).toHaveLength(3);
    for (const height of heights) expect(height).toBeGreaterThanOrEqual(44);
    expect(complaints).toEqual([]);
  });

  it('changes the address, and takes that back', async () => {
    const [user, to] = [await service.api.signedInUser(), freshEmail()];
    await service.api.post('/api/v1/users/me/email', { newEmail: to }, { token: user.accessToken });

    expect(await click(await open(await linkTo(to)), '새 주소 확인')).toContain('주소가 변경되었습니다');
    expect((await service.api.login(to)).status).toBe(200);
    expect(await click(await open(await linkTo(user.email, 3)), '되돌리기')).toContain('변경을 되돌렸습니다');
    expect((await service.api.login(to)).status).toBe(401);
    expect(complaints).toEqual([]);
  });

  it('gives its token to nobody by Referer, and to no other address', async () => {
    const sent = await Promise.all(requests.map((request) => request.allHeaders()));

    expect(requests.length).toBeGreaterThan(8);
    expect(sent.map((headers) => headers['referer']).filter((referer) => referer?.includes('token'))).toEqual([]);
    expect(requests.filter((request) => new URL(request.url()).origin !== BASE)).toEqual([]);
    const tokens = (await service.mails()).map(({ token }) => token).filter(Boolean);
    for (const token of tokens) expect(service.logText()).not.toContain(token);
  });

  it('that was cut says so, and has nothing to send', async () => {
    const page = await open(`${BASE}/verify-email`);

    expect(await page.locator('output').innerText()).toContain('토큰이 없습니다');
    expect(await page.getByRole('button').isDisabled()).toBe(true);
    expect(complaints).toEqual([]);
  });
});
