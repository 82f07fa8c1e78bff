import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type BrowserContext, type CDPSession, type Page, type Route } from 'playwright-core';

import { CHROMIUM_FLAGS, findChromium } from './chromium.js';

/** What an app would do in its page: the calls of docs/mfa-for-clients.md, and nothing else. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>An app</title>
<link rel="icon" href="data:,">
<script>
  const client = {
    async call(method, path, body, token) {
      const headers = { 'content-type': 'application/json' };
      if (token !== undefined) headers.authorization = 'Bearer ' + token;
      const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
    },
    async createPasskey(options) {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
      return (await navigator.credentials.create({ publicKey })).toJSON();
    },
    async usePasskey(options) {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      return (await navigator.credentials.get({ publicKey })).toJSON();
    },
  };
</script>`;

export interface PageAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Credential = Readonly<Record<string, unknown>>;

/** What Chromium's virtual authenticator can be told to be (CDP, domain WebAuthn). */
interface VirtualAuthenticator {
  readonly isUserVerified?: boolean;
  readonly defaultBackupEligibility?: boolean;
  readonly defaultBackupState?: boolean;
}

/**
 * A page of an app in a real browser. Its address is the origin that passkeys are made for, whatever port the service
 * under test listens on; the calls of the page are passed on to that.
 */
export class PasskeyBrowser {
  private constructor(
    private readonly profile: string,
    private readonly context: BrowserContext,
    private readonly serviceUrl: string,
  ) {}

  static async open(serviceUrl: string): Promise<PasskeyBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: findChromium(),
      headless: true,
      args: [...CHROMIUM_FLAGS],
    });
    context.setDefaultTimeout(20_000);
    return new PasskeyBrowser(profile, context, serviceUrl);
  }

  async newPage(origin: string): Promise<AppPage> {
    const page = await this.context.newPage();
    await page.route(`${origin}/**`, (route) => this.answer(route, origin));
    await page.goto(`${origin}/app`);
    return new AppPage(page, await this.context.newCDPSession(page));
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async answer(route: Route, origin: string): Promise<void> {
    const url = route.request().url();
    if (url === `${origin}/app`) return route.fulfill({ contentType: 'text/html', body: PAGE });
    const response = await route.fetch({ url: url.replace(origin, this.serviceUrl) });
    return route.fulfill({ response });
  }
}

/** One page, with the authenticators that are plugged in while it is open. */
export class AppPage {
  readonly #authenticators: string[] = [];

  constructor(
    private readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  /** A device that keeps passkeys and knows its user, who is always there and says yes. */
  async addAuthenticator(changes: VirtualAuthenticator = {}): Promise<void> {
    if (this.#authenticators.length === 0) await this.cdp.send('WebAuthn.enable');
    const { authenticatorId } = await this.cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...changes,
      },
    });
    this.#authenticators.push(authenticatorId);
  }

  /** The device is lost, with every passkey on it. */
  async loseAuthenticators(): Promise<void> {
    for (const authenticatorId of this.#authenticators.splice(0)) {
      await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    }
  }

  call(method: string, path: string, body?: unknown, token?: string): Promise<PageAnswer> {
    return this.run<PageAnswer>('call', method, path, body, token);
  }

  createPasskey(options: unknown): Promise<Credential> {
    return this.run<Credential>('createPasskey', options);
  }

  usePasskey(options: unknown): Promise<Credential> {
    return this.run<Credential>('usePasskey', options);
  }

  private run<T>(name: string, ...values: readonly unknown[]): Promise<T> {
    const written = values.map((value) => (value === undefined ? 'undefined' : JSON.stringify(value)));
    return this.page.evaluate<T>(`client.${name}(${written.join(', ')})`);
  }
}
