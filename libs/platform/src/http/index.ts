export {
  OpenWithoutSecondFactor,
  REQUIRED_ROLE,
  RequiresRole,
  STEP_UP,
  StepUp,
  WITHOUT_SECOND_FACTOR,
} from './access-rules.js';
export { RecordsAccess } from './access-record.interceptor.js';
export { API_KEY_RULE, RequiresApiKey, RequiresScope, type ApiKeyRule } from './api-key.js';
export { readBearer } from './bearer.js';
export { AcceptsBody, AcceptsForm, BodyGuard } from './body.guard.js';
export { HttpProblem, ResourceNotFound, ValidationFailed } from './errors.js';
export { DEVICE_TOKEN, DEVICE_TOKEN_ANSWER } from './device-token.js';
export { etagOf, ifMatch, ifNoneMatch } from './etag.js';
export { FitsPassword, IsOneLine, MayBeAbsent } from './fields.js';
export { createHttpAdapter } from './http-adapter.js';
export { HttpEdgeModule } from './http-edge.module.js';
export { HttpBodyModule, HttpPlatformModule, type HttpPlatformOptions } from './http-platform.module.js';
export { IdempotencyStore, type IdempotencyClaim, type Reservation, type StoredAnswer } from './idempotency-store.js';
export { PostgresIdempotencyStore } from './idempotency-store.postgres.js';
export { Idempotent } from './idempotency.interceptor.js';
export { installLeanRoutes, Lean } from './lean-routes.js';
export { cursorOf, listRequest, ListQueryDto } from './list.js';
export { PLATFORM_PROBLEMS } from './platform-problems.js';
export { CurrentPrincipal, IS_PUBLIC, principalOf, Public, type Principal } from './principal.js';
export { ProblemRenderer } from './problem-renderer.js';
export { ProblemCatalogue, type LocalizedProblem, type ProblemTexts } from './problem.js';
export { RateLimitGuard } from './rate-limit.guard.js';
export { RateLimitSubjects } from './rate-limit-subjects.js';
export type { RefusedRequest, RefusedRequests } from './refused-requests.js';
export { ResourceId } from './resource-id.js';
export { ApiProblems, routeContract, type ProblemReference, type RouteContract } from './route-contract.js';
export { RouteMetadata } from './route-metadata.js';
export { routeTemplateOf, UNMATCHED_ROUTE } from './route-template.js';
export { SecurityLog, type SecurityEventFields, type SecurityEventName } from './security-log.js';
export { HttpSettings, RateLimitSettings, TimeFloorSettings } from './settings.js';
export { RefusalTimeFloor, TimeFloor } from './time-floor.interceptor.js';
export { validationTexts, type ValidationText } from './validation-texts.js';
