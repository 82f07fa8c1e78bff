import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { SequentialIds } from '../../platform/testing/sequential-ids.js';
import { SettableClock } from '../../platform/testing/settable-clock.js';
import { CheckAccess } from '../src/application/check-access.js';
import { RotateRefreshToken } from '../src/application/rotate-refresh-token.js';
import { SessionFactory } from '../src/application/session-factory.js';
import { SessionOpener } from '../src/application/session-opener.js';
import { SignIn } from '../src/application/sign-in.js';
import { SignOut } from '../src/application/sign-out.js';
import { TokenIssuer, type IssuedTokens } from '../src/application/tokens.js';
import type { SessionState } from '../src/domain/session.js';
import { CLIENT } from './builders.js';
import { FakeAccessTokenSigner, FakeCredentialVerifier } from './fakes.js';
import { InMemoryRefreshTokens, InMemorySessionLiveness, InMemorySessionRepository } from './in-memory-sessions.js';

export const CREDENTIALS = { email: 'kim@example.com', password: 'correct horse battery staple', ...CLIENT };

/** The use cases of this context on fakes, wired as the module wires them. */
export class SessionWorld {
  readonly settings = { accessTokenMinutes: 15, refreshTokenDays: 30 };
  readonly clock = new SettableClock();
  readonly ids = new SequentialIds();
  readonly uow = new InMemoryUnitOfWork();
  readonly sessions = new InMemorySessionRepository(this.uow);
  readonly liveness = new InMemorySessionLiveness(this.sessions);
  readonly refreshTokens = new InMemoryRefreshTokens(this.uow);
  readonly credentials = new FakeCredentialVerifier(this.uow);
  readonly factory = new SessionFactory(this.settings, this.ids);
  readonly tokens = new TokenIssuer(new FakeAccessTokenSigner(), this.refreshTokens, this.settings, this.ids);
  readonly opener = new SessionOpener(this.factory, this.credentials, this.sessions, this.tokens, this.uow);
  readonly signIn = new SignIn(this.credentials, this.opener, this.uow, this.clock);
  readonly signOut = new SignOut(this.sessions, this.uow, this.clock);
  readonly checkAccess = new CheckAccess(this.liveness, this.clock);
  readonly rotation = new RotateRefreshToken(
    this.refreshTokens,
    this.sessions,
    this.credentials,
    this.tokens,
    this.uow,
  );

  refresh(token: string): Promise<IssuedTokens> {
    return this.rotation.execute(token, this.clock.now());
  }

  session(id: string): Readonly<SessionState> {
    const state = this.sessions.sessions.get(id);
    if (state === undefined) throw new Error('No such session');
    return state;
  }

  /** Data of the committed events of one type, oldest first. */
  dataOf(type: string): unknown[] {
    return this.uow.published.filter((event) => event.type === type).map(({ data }) => data);
  }
}
