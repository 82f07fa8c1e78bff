import { Events1764370000001 } from './1764370000001-events.js';

/** Every migration of the Audit Service, oldest first. */
export const AUDIT_MIGRATIONS = [Events1764370000001] as const;
