import { makeCounterProvider } from '@willsoto/nestjs-prometheus';

export const MAILS_TOTAL = 'user_service_mails_total';

/** `sent`, `dropped` (the person is gone), `failed` (tried again later) or `parked` (waits for an operator). */
export type MailOutcome = 'sent' | 'dropped' | 'failed' | 'parked';

export const mailsTotal = makeCounterProvider({
  name: MAILS_TOTAL,
  help: 'Attempts to send a mail, by template and outcome.',
  labelNames: ['template', 'outcome'],
});
