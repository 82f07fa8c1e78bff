import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Metadata key that the guard of step-up looks up with Nest's `Reflector`. */
export const STEP_UP = 'http.step_up';

/** Metadata key that the guard of roles looks up with Nest's `Reflector`. */
export const REQUIRED_ROLE = 'http.required_role';

/** Metadata key of the routes that a user may call who owes a second factor. */
export const WITHOUT_SECOND_FACTOR = 'http.without_second_factor';

/**
 * Marks a route, or all routes of a controller, by which somebody sets up a second factor or signs out. All others refuse
 * users whose role demands a second factor (`MFA_REQUIRED_ROLES`) and who have none: 403 `mfa_enrolment_required`.
 */
export const OpenWithoutSecondFactor = (): CustomDecorator => SetMetadata(WITHOUT_SECOND_FACTOR, true);

/**
 * Marks a route, or all routes of a controller, for which the user must have authenticated within the last minutes
 * (⇧ in api.md); else 403 `reauthentication_required`.
 */
export const StepUp = (): CustomDecorator => SetMetadata(STEP_UP, true);

/** Marks a route, or all routes of a controller, as open to users who have the role now; else 403 `forbidden`. */
export const RequiresRole = (role: 'admin'): CustomDecorator => SetMetadata(REQUIRED_ROLE, role);
