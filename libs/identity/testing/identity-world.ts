import { InMemoryUnitOfWork } from '../../platform/testing/in-memory-unit-of-work.js';
import { SequentialIds } from '../../platform/testing/sequential-ids.js';
import { SettableClock } from '../../platform/testing/settable-clock.js';
import { AgeLimit } from '../src/application/age-limit.js';
import {
  ConfirmEmailChange,
  NewAddresses,
  RequestEmailChange,
  TakeBack,
  Transactions,
  UndoEmailChange,
} from '../src/application/change-email.js';
import { ChangePassword, PasswordSecrets } from '../src/application/change-password.js';
import { EmailChanges } from '../src/application/email-changes.js';
import { EmailVerification } from '../src/application/email-verification.js';
import { IdentityApi } from '../src/application/identity-api.js';
import { MailPasswordReset } from '../src/application/mail-password-reset.js';
import { PasswordRecovery } from '../src/application/password-recovery.js';
import type { IdentitySettings } from '../src/application/ports.js';
import { JudgePassword } from '../src/application/judge-password.js';
import { PasswordAttempts } from '../src/application/password-attempts.js';
import { ReadProfile } from '../src/application/read-profile.js';
import { RegisterUser } from '../src/application/register-user.js';
import { RegistrationRules } from '../src/application/registration-rules.js';
import { ResendVerification } from '../src/application/resend-verification.js';
import { ResetPassword, ResetSecrets } from '../src/application/reset-password.js';
import { SettleAttempt } from '../src/application/settle-attempt.js';
import type { SignInSettings } from '../src/application/sign-in-attempts.js';
import { Turns } from '../src/application/turns.js';
import { UpgradeHash } from '../src/application/upgrade-hash.js';
import { UpdateProfile } from '../src/application/update-profile.js';
import { VerifyEmail } from '../src/application/verify-email.js';
import { WelcomeBack } from '../src/application/welcome-back.js';
import type { PasswordReason } from '../src/domain/errors.js';
import type { User } from '../src/domain/user.js';
import {
  FakeEmailParser,
  FakePasswordHasher,
  FakePasswordPolicy,
  identitySettings,
  NoKnownDevices,
  RecordingIdentityMail,
  RecordingSignInNotices,
  RecordingSignInWatch,
  SettableBudget,
  signInSettings,
} from './fakes.js';
import { InMemoryOneTimeTokens } from './in-memory-one-time-tokens.js';
import { InMemorySignInAttempts } from './in-memory-sign-in-attempts.js';
import { InMemoryUserQueries, InMemoryUserRepository } from './in-memory-users.js';

interface WorldOptions {
  readonly settings?: Partial<IdentitySettings>;
  readonly signIn?: Partial<SignInSettings>;
  readonly refusals?: Readonly<Record<string, PasswordReason[]>>;
}

/** The use cases of this context on fakes, wired as the module wires them. */
export class IdentityWorld {
  readonly clock = new SettableClock();
  readonly ids = new SequentialIds();
  readonly uow = new InMemoryUnitOfWork();
  readonly users = new InMemoryUserRepository(this.uow);
  readonly queries = new InMemoryUserQueries(this.users);
  readonly tokens = new InMemoryOneTimeTokens(this.uow);
  readonly mail = new RecordingIdentityMail(this.uow);
  readonly hasher = new FakePasswordHasher(this.uow);
  readonly emails = new FakeEmailParser();
  readonly watch = new RecordingSignInWatch();
  readonly notices = new RecordingSignInNotices();
  readonly devices = new NoKnownDevices();
  readonly budget = new SettableBudget();
  readonly attempts: InMemorySignInAttempts;
  readonly policy: FakePasswordPolicy;
  readonly age: AgeLimit;
  readonly rules: RegistrationRules;
  readonly verification: EmailVerification;
  readonly registerUser: RegisterUser;
  readonly verifyEmail: VerifyEmail;
  readonly requestEmailChange: RequestEmailChange;
  readonly undoEmailChange: UndoEmailChange;
  readonly mailPasswordReset: MailPasswordReset;
  readonly resetPassword: ResetPassword;
  readonly resendVerification: ResendVerification;
  readonly readProfile: ReadProfile;
  readonly updateProfile: UpdateProfile;
  readonly changePassword: ChangePassword;
  readonly api: IdentityApi;

  constructor({ settings = {}, signIn = {}, refusals = {} }: WorldOptions = {}) {
    const { clock, ids, uow, users, queries, tokens, mail, hasher, emails } = this;
    const all = identitySettings(settings);
    const limits = signInSettings(signIn);
    this.attempts = new InMemorySignInAttempts(users, queries, limits);
    this.policy = new FakePasswordPolicy(refusals);
    this.age = new AgeLimit(all, clock);
    this.rules = new RegistrationRules(emails, this.age, this.policy, hasher, ids);
    this.verification = new EmailVerification(users, tokens, mail, all, ids);
    this.registerUser = new RegisterUser(this.rules, users, this.verification, uow, clock);
    const changes = new EmailChanges(tokens, users, mail, all, ids);
    const confirm = new ConfirmEmailChange(tokens, users, changes, uow, clock);
    const recovery = new PasswordRecovery(tokens, mail, ids);
    this.requestEmailChange = new RequestEmailChange(new NewAddresses(emails, queries), users, changes, uow, clock);
    this.undoEmailChange = new UndoEmailChange(
      new TakeBack(tokens, hasher, ids),
      changes,
      users,
      recovery,
      new Transactions(uow, clock),
    );
    this.mailPasswordReset = new MailPasswordReset(users, recovery, uow, clock, this.budget);
    this.resetPassword = new ResetPassword(
      new ResetSecrets(tokens, queries, hasher, this.policy),
      tokens,
      users,
      new WelcomeBack(this.devices, this.attempts),
      new Transactions(uow, clock),
    );
    this.verifyEmail = new VerifyEmail(tokens, users, confirm, uow, clock);
    this.resendVerification = new ResendVerification(emails, users, this.verification, uow, clock);
    this.readProfile = new ReadProfile(queries);
    this.updateProfile = new UpdateProfile(users, queries, uow, clock);
    const settle = new SettleAttempt(this.attempts, this.watch, uow, clock, this.notices);
    const upgrade = new UpgradeHash(hasher, users, uow, this.watch, clock);
    const judge = new JudgePassword(hasher, this.watch, upgrade, this.mailPasswordReset);
    const passwords = new PasswordAttempts(this.attempts, new Turns(limits), judge, settle, clock);
    const secrets = new PasswordSecrets(passwords, hasher, this.policy);
    this.changePassword = new ChangePassword(secrets, users, uow, clock);
    this.api = new IdentityApi(emails, queries, passwords, this.devices);
  }

  /** As somebody does who has never been here. */
  verifyPassword(email: string, password: string): ReturnType<IdentityApi['verifyPassword']> {
    return this.api.verifyPassword(email, password, ANYWHERE);
  }

  /** Stores a user without anything that a use case would do. */
  async store(user: User): Promise<User> {
    await this.uow.run(async () => {
      if (!(await this.users.add(user))) throw new Error('The address is taken');
    });
    return user;
  }
}

/** A place where nobody has been before. */
export const ELSEWHERE = { source: '198.51.100.7', userAgent: null };

const ANYWHERE = { source: '203.0.113.7', deviceToken: null };

/** A registration that is admitted everywhere. */
export const REGISTRATION = {
  email: 'kim@example.com',
  password: 'correct horse battery staple',
  displayName: '김민지',
  locale: 'ko',
  consents: [],
  birthDate: undefined,
} as const;
