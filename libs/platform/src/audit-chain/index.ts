export {
  canonicalJson,
  ChainVerifier,
  EMPTY_LANE,
  FIRST_PREVHASH,
  formatSequence,
  hashIsRight,
  sealedText,
  sealNext,
  type ChainBreak,
  type ChainLink,
  type LaneHead,
} from './chain.js';
export {
  AuditEvent,
  auditEventJsonSchema,
  BATCH_CONTENT_TYPE,
  BATCH_MAX_BYTES,
  BATCH_MAX_EVENTS,
  BatchAnswer,
  EVENT_MAX_BYTES,
  SealedAuditEvent,
} from './envelope.js';
export { LaneWalk, type LaneEntry, type LaneReport } from './lane-walk.js';
