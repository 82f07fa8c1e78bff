import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Metadata key that the guard of step-up looks up with Nest's `Reflector`. */
export const STEP_UP = 'http.step_up';

/** Metadata key that the guard of roles looks up with Nest's `Reflector`. */
export const REQUIRED_ROLE = 'http.required_role';

/**
 * Marks a route, or all routes of a controller, for which the user must have authenticated within the last minutes
 * (⇧ in api.md); else 403 `reauthentication_required`.
 */
export const StepUp = (): CustomDecorator => SetMetadata(STEP_UP, true);

/** Marks a route, or all routes of a controller, as open to users who have the role now; else 403 `forbidden`. */
export const RequiresRole = (role: 'admin'): CustomDecorator => SetMetadata(REQUIRED_ROLE, role);
