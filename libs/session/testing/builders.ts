import type { SessionSettings, SignedInUser } from '../src/application/ports.js';
import type { PresentedToken } from '../src/domain/refresh-verdict.js';
import type { Client } from '../src/application/session-factory.js';
import { Session, type NewSession, type SessionState } from '../src/domain/session.js';

export const NOW = new Date('2026-03-01T09:00:00.000Z');
export const USER_ID = '01938a6e-0000-7000-8000-00000000aaaa';
export const SESSION_ID = '01938a6e-0000-7000-8000-00000000cccc';

export const IDLE_MINUTES = 30;

export function sessionSettings(changes: Partial<SessionSettings> = {}): SessionSettings {
  return {
    accessTokenMinutes: 15,
    refreshTokenDays: 30,
    refreshGraceSeconds: 10,
    idleTimeoutMinutes: IDLE_MINUTES,
    maxConcurrent: 5,
    mfaRequiredRoles: [],
    ...changes,
  };
}

export const after = (time: { days?: number; minutes?: number; seconds?: number; milliseconds?: number }): Date => {
  const { days = 0, minutes = 0, seconds = 0, milliseconds = 0 } = time;
  return new Date(NOW.getTime() + ((days * 1440 + minutes) * 60 + seconds) * 1000 + milliseconds);
};

/** A live session that was opened at `NOW` for 30 days, but for what `changes` names. */
export function aSessionState(changes: Partial<SessionState> = {}): SessionState {
  return {
    id: SESSION_ID,
    userId: USER_ID,
    epoch: 1,
    userAgent: 'Mozilla/5.0',
    amr: ['pwd'],
    acr: '1',
    authTime: NOW,
    rememberMe: false,
    createdAt: NOW,
    lastSeenAt: NOW,
    expiresAt: after({ days: 30 }),
    revokedAt: null,
    revokeReason: null,
    ...changes,
  };
}

export function aSession(changes: Partial<SessionState> = {}): Session {
  return Session.restore(aSessionState(changes));
}

/** A session that has just begun; its event is not recorded yet. */
export function aNewSession(changes: Partial<NewSession> = {}, now = NOW): Session {
  const { id, userId, epoch, userAgent, amr, acr, rememberMe, expiresAt } = aSessionState();
  const { deviceName, ip } = CLIENT;
  return Session.open(
    { id, userId, epoch, deviceName, ip, userAgent, amr, acr, rememberMe, expiresAt, ...changes },
    now,
  );
}

export function aSignedInUser(changes: Partial<SignedInUser> = {}): SignedInUser {
  return {
    id: USER_ID,
    email: 'kim@example.com',
    displayName: '김민지',
    roles: ['user'],
    securityEpoch: 1,
    locale: 'ko',
    mfaEnabled: false,
    ...changes,
  };
}

export const CLIENT: Client = {
  deviceName: '민지의 노트북',
  rememberMe: false,
  ip: '203.0.113.77',
  userAgent: 'Mozilla/5.0',
  deviceToken: null,
};

interface PresentedChanges extends Partial<Omit<PresentedToken, 'session' | 'account'>> {
  readonly session?: Partial<PresentedToken['session']>;
  readonly account?: Partial<PresentedToken['account']>;
}

/** The unspent first token of a live session, but for what `changes` names. */
export function aPresentedToken({ session = {}, account = {}, ...changes }: PresentedChanges = {}): PresentedToken {
  const { epoch, amr, acr, authTime, rememberMe, lastSeenAt, expiresAt, revokeReason } = aSessionState();
  return {
    sessionId: SESSION_ID,
    userId: USER_ID,
    generation: 1,
    expiresAt,
    usedAt: null,
    nonce: null,
    successorUsed: false,
    backForMs: null,
    session: { epoch, amr, acr, authTime, rememberMe, lastSeenAt, expiresAt, revokeReason, ...session },
    account: { current: true, version: 1, ...account },
    ...changes,
  };
}
