import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { SequentialIds } from '../../platform/testing/sequential-ids.js';
import { SettableClock } from '../../platform/testing/settable-clock.js';
import { CheckAccess } from '../src/application/check-access.js';
import { EndSessions } from '../src/application/end-sessions.js';
import type { SessionSettings, SessionStanding } from '../src/application/ports.js';
import { RotateRefreshToken } from '../src/application/rotate-refresh-token.js';
import { SessionAdmission } from '../src/application/session-admission.js';
import { SessionFactory } from '../src/application/session-factory.js';
import { SessionLimit } from '../src/application/session-limit.js';
import { SessionOpener } from '../src/application/session-opener.js';
import { SettleRefresh } from '../src/application/settle-refresh.js';
import { PasswordStep, type SignInOutcome } from '../src/application/password-step.js';
import type { ThrottledSignIn } from '../src/application/throttled-sign-ins.js';
import { SignIn, type SignInRequest } from '../src/application/sign-in.js';
import { TokenIssuer, type IssuedTokens } from '../src/application/tokens.js';
import type { SessionState } from '../src/domain/session.js';
import { CLIENT, sessionSettings } from './builders.js';
import { FakeSecondFactors } from './fake-second-factors.js';
import {
  FakeAccessTokenSigner,
  FakeCredentialVerifier,
  FakeSignInDevices,
  FakeSuccessorTokens,
  RecordingSessionNotices,
} from './fakes.js';
import { InMemoryRefreshTokens, InMemorySessionLiveness, InMemorySessionRepository } from './in-memory-sessions.js';

export const CREDENTIALS = { email: 'kim@example.com', password: 'correct horse battery staple', ...CLIENT };

/** The use cases of this context on fakes, wired as the module wires them. */
export class SessionWorld {
  readonly settings: SessionSettings;
  readonly clock = new SettableClock();
  readonly ids = new SequentialIds();
  readonly uow = new InMemoryUnitOfWork();
  readonly credentials = new FakeCredentialVerifier(this.uow);
  readonly secondFactors = new FakeSecondFactors(this.uow);
  readonly devices = new FakeSignInDevices();
  readonly notices = new RecordingSessionNotices(this.uow);
  readonly sessions: InMemorySessionRepository;
  readonly liveness: InMemorySessionLiveness;
  readonly refreshTokens: InMemoryRefreshTokens;
  readonly factory: SessionFactory;
  readonly tokens: TokenIssuer;
  readonly limit: SessionLimit;
  readonly opener: SessionOpener;
  /** Of users without a second factor. */
  /** Sign-ins that nobody looked at. */
  readonly throttled: ThrottledSignIn[] = [];
  readonly signIn: { execute(request: SignInRequest): Promise<IssuedTokens> };
  readonly passwordSignIn: SignIn;
  readonly ends: EndSessions;
  /** Who was refused: user, session and reason. */
  readonly refusedTokens: (readonly string[])[] = [];
  readonly checkAccess: CheckAccess;
  readonly settle: SettleRefresh;
  readonly rotation: RotateRefreshToken;

  constructor(changes: Partial<SessionSettings> = {}) {
    const { uow, clock, ids, credentials, notices } = this;
    const settings = sessionSettings(changes);
    const account = (): FakeCredentialVerifier['account'] => credentials.account;
    const sessions = new InMemorySessionRepository(uow, (id) => {
      this.liveness.ended(id);
    });
    const refreshTokens = new InMemoryRefreshTokens(uow, sessions, account);
    this.settings = settings;
    this.sessions = sessions;
    this.refreshTokens = refreshTokens;
    this.liveness = new InMemorySessionLiveness(sessions, account, settings.idleTimeoutMinutes);
    this.factory = new SessionFactory(settings, ids);
    const signer = new FakeAccessTokenSigner();
    this.tokens = new TokenIssuer(signer, refreshTokens, new FakeSuccessorTokens(), settings, ids);
    this.limit = new SessionLimit(sessions, this.liveness, settings, notices);
    const admission = new SessionAdmission(credentials, this.limit, this.devices, notices);
    this.opener = new SessionOpener(this.factory, admission, this.tokens, uow);
    const step = new PasswordStep(this.opener, this.secondFactors, settings);
    this.passwordSignIn = new SignIn(credentials, step, uow, clock, {
      refused: async (signIn) => void this.throttled.push(signIn),
    });
    this.signIn = { execute: async (request) => withTokens(await this.passwordSignIn.execute(request)) };
    this.ends = new EndSessions(sessions, this.liveness, settings, uow, clock);
    this.checkAccess = new CheckAccess(this.liveness, this.ends, clock, {
      refused: (...refusal) => void this.refusedTokens.push(refusal),
    });
    this.settle = new SettleRefresh(sessions, this.liveness, settings, notices, uow);
    this.rotation = new RotateRefreshToken(refreshTokens, credentials, this.tokens, this.settle);
  }

  refresh(token: string): Promise<IssuedTokens> {
    return this.rotation.execute(token, this.clock.now());
  }

  /** What a request with a token of that session is told. */
  async access(sessionId: string): Promise<SessionStanding> {
    return this.checkAccess.execute(sessionId);
  }

  session(id: string): Readonly<SessionState> {
    const state = this.sessions.sessions.get(id);
    if (state === undefined) throw new Error('No such session');
    return state;
  }

  /** Ids of the sessions that have not ended, oldest first. */
  get live(): string[] {
    const all = this.sessions.sessions.all().filter(({ revokedAt }) => revokedAt === null);
    return all.map(({ id }) => id);
  }

  /** Data of the committed events of one type, oldest first. */
  dataOf(type: string): unknown[] {
    return this.uow.published.filter((event) => event.type === type).map(({ data }) => data);
  }
}

function withTokens(outcome: SignInOutcome): IssuedTokens {
  if ('mfaToken' in outcome) throw new Error('A second factor is due');
  return outcome;
}
