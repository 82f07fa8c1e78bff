import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { PASSWORD } from '../support/api-client.js';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let service: TestApp;
let email: string;
let profile: string;
let browser: BrowserContext;

/** What the page complains about, and every address it asks for. */
interface Observed {
  readonly complaints: string[];
  readonly requests: string[];
}

function observe(page: Page): Observed {
  const observed: Observed = { complaints: [], requests: [] };
  // A violation of the CSP is an error of the console.
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') observed.complaints.push(message.text());
  });
  page.on('pageerror', (error) => observed.complaints.push(error.message));
  page.on('requestfailed', (request) => observed.complaints.push(`failed: ${request.url()}`));
  page.on('request', (request) => observed.requests.push(request.url()));
  return observed;
}

/** Opens an operation of the page, fills in the body if there is one, and executes it. */
async function execute(page: Page, operationId: string, body?: object): Promise<{ status: string; answer: string }> {
  const operation = page.locator(`[id$="-${operationId}"].opblock`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  if (body !== undefined) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body));
  await operation.getByRole('button', { name: 'Execute' }).click();
  const live = operation.locator('.live-responses-table .response');
  return {
    status: await textOf(live.locator('.response-col_status')),
    answer: await textOf(live.locator('pre').first()),
  };
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.first().innerText()).trim();
}

describe('Swagger UI in a browser', () => {
  beforeAll(async () => {
    service = await startTestApp();
    email = await service.api.verifiedUser();
    profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: findChromium(),
      headless: true,
      args: [...CHROMIUM_FLAGS],
      viewport: { width: 1280, height: 1600 },
    });
    browser.setDefaultTimeout(20_000);
  }, 360_000);

  afterAll(async () => {
    await browser.close();
    await service.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  it('signs in, authorises and reads who is signed in, under the policy of the page', async () => {
    const page = await browser.newPage();
    const { complaints, requests } = observe(page);
    const opened = await page.goto(`${service.url}/docs`);
    expect(opened?.status()).toBe(200);
    const policy = opened?.headers()['content-security-policy'];
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self'");

    const login = await execute(page, 'login', { email, password: PASSWORD });
    expect(login.status).toBe('200');
    const { accessToken } = JSON.parse(login.answer) as { accessToken: string };

    expect((await execute(page, 'readOwnProfile')).status).toBe('401');
    await page.locator('.btn.authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').first().fill(accessToken);
    await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
    await dialog.locator('.close-modal').click();

    const me = page.locator('[id$="-readOwnProfile"].opblock');
    await me.getByRole('button', { name: 'Execute' }).click();
    await me.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    expect(JSON.parse(await textOf(me.locator('.live-responses-table pre')))).toMatchObject({ email });

    const refused = complaints.filter((complaint) => complaint.includes('401'));
    expect(refused).toHaveLength(1);
    expect(complaints).toEqual(refused);
    expect(requests.filter((url) => !url.startsWith(service.url))).toEqual([]);
    await page.close();
  }, 120_000);

  it('draws every operation without a complaint', async () => {
    const page = await browser.newPage();
    const { complaints } = observe(page);
    await page.goto(`${service.url}/docs`);
    await page.locator('.opblock-summary-control').first().waitFor();
    const blocks = page.locator('.opblock');
    const count = await blocks.count();
    // By the page itself: a person who clicks would scroll and wait before each of them. One open at a time: with each
    // change the page draws all that are open.
    for (let index = 0; index < count; index += 1) {
      const block = blocks.nth(index);
      const toggle = (): Promise<void> =>
        block.locator('.opblock-summary-control').evaluate((control) => {
          (control as unknown as { click: () => void }).click();
        });
      await toggle();
      await block.locator('.responses-table').first().waitFor({ timeout: 20_000 });
      await toggle();
    }
    expect(count).toBeGreaterThan(15);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);
});
