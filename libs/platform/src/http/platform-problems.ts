import type { FieldProblem, LocalizedProblem } from './problem.js';
import { validationMessage } from './validation-texts.js';

/** Codes that the HTTP edge itself answers with. Contexts add their own. */
export type PlatformProblemCode =
  | 'bad_request'
  | 'malformed_json'
  | 'validation_failed'
  | 'idempotency_key_invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'request_timeout'
  | 'conflict'
  | 'idempotency_in_progress'
  | 'precondition_failed'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'unprocessable'
  | 'idempotency_key_reused'
  | 'rate_limited'
  | 'headers_too_large'
  | 'internal_error'
  | 'overloaded'
  | 'dependency_unavailable';

type Pair = readonly [title: string, detail: string];

const fieldError = (pointer: string, code: string): FieldProblem => ({
  pointer,
  code,
  message: validationMessage(code, 'en', undefined),
});
const TWO_MISTAKES = { errors: [fieldError('/email', 'invalid_email'), fieldError('/password', 'required')] };

function problem(status: number, en: Pair, ko: Pair): LocalizedProblem {
  return { status, en: { title: en[0], detail: en[1] }, ko: { title: ko[0], detail: ko[1] } };
}

/** Refusals of input that a client of ours does not send (OWASP ASVS 16.3.3). */
const INPUT = { securityEvent: 'input_validation_fail' } as const;

export const PLATFORM_PROBLEMS: Readonly<Record<PlatformProblemCode, LocalizedProblem>> = {
  bad_request: problem(
    400,
    ['Bad request', 'The request could not be understood. Check its form and send it again.'],
    ['잘못된 요청', '요청을 이해할 수 없습니다. 형식을 확인한 뒤 다시 보내 주세요.'],
  ),
  malformed_json: {
    ...problem(
      400,
      ['Malformed JSON', 'The body is not one well-formed JSON document in UTF-8. Correct it and send it again.'],
      ['잘못된 JSON', '본문이 올바른 UTF-8 JSON 문서가 아닙니다. 수정한 뒤 다시 보내 주세요.'],
    ),
    ...INPUT,
  },
  validation_failed: {
    ...problem(
      400,
      [
        'Validation failed',
        'Some fields were not accepted. Correct the ones listed under "errors" and send the request again.',
      ],
      ['입력값 오류', '일부 항목이 올바르지 않습니다. "errors"에 나온 항목을 수정한 뒤 다시 보내 주세요.'],
    ),
    example: TWO_MISTAKES,
    ...INPUT,
  },
  idempotency_key_invalid: problem(
    400,
    [
      'Invalid Idempotency-Key',
      'Idempotency-Key must be 1 to 255 visible ASCII characters. A random UUID is a good choice.',
    ],
    ['잘못된 Idempotency-Key', 'Idempotency-Key는 공백 없는 ASCII 문자 1~255자여야 합니다. 임의의 UUID를 권장합니다.'],
  ),
  unauthenticated: problem(
    401,
    ['Authentication required', 'Sign in and send the access token as a bearer token.'],
    ['인증 필요', '로그인한 뒤 액세스 토큰을 Bearer 토큰으로 보내 주세요.'],
  ),
  forbidden: problem(
    403,
    ['Forbidden', 'Your account may not do this. Ask an administrator if you think it should.'],
    ['권한 없음', '이 작업을 수행할 권한이 없습니다. 권한이 필요하면 관리자에게 문의해 주세요.'],
  ),
  not_found: problem(
    404,
    ['Not found', 'Nothing is found under this path. Check the path and the identifiers in it.'],
    ['찾을 수 없음', '요청한 대상을 찾을 수 없습니다. 경로와 식별자를 확인해 주세요.'],
  ),
  method_not_allowed: problem(
    405,
    ['Method not allowed', 'This address does not support the method. The Allow header lists the ones in use.'],
    ['허용되지 않는 메서드', '이 주소에서 지원하지 않는 메서드입니다. 지원하는 메서드는 Allow 헤더에 있습니다.'],
  ),
  not_acceptable: problem(
    406,
    ['Not acceptable', 'The answer is not available in any form the Accept header allows. Ask for application/json.'],
    ['제공할 수 없는 형식', 'Accept 헤더가 허용하는 형식으로 응답할 수 없습니다. application/json으로 요청해 주세요.'],
  ),
  request_timeout: problem(
    408,
    ['Request timeout', 'The request did not arrive completely in time. Send it again.'],
    ['요청 시간 초과', '요청이 제시간에 모두 도착하지 않았습니다. 다시 보내 주세요.'],
  ),
  conflict: problem(
    409,
    ['Conflict', 'The request does not fit the current state. Read it anew and try again.'],
    ['충돌', '현재 상태와 맞지 않는 요청입니다. 최신 상태를 확인한 뒤 다시 시도해 주세요.'],
  ),
  idempotency_in_progress: problem(
    409,
    ['Request in progress', 'A request with this Idempotency-Key is still being processed. Retry it in a moment.'],
    ['처리 중인 요청', '같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 후 다시 시도해 주세요.'],
  ),
  precondition_failed: problem(
    412,
    [
      'Precondition failed',
      'Somebody changed this in the meantime. Read it again and send the change with the new ETag.',
    ],
    ['사전 조건 불일치', '그사이 내용이 변경되었습니다. 다시 조회한 뒤 새 ETag로 변경해 주세요.'],
  ),
  payload_too_large: {
    ...problem(
      413,
      ['Body too large', 'The body is larger than 64 KiB. Send a smaller one.'],
      ['본문 크기 초과', '본문이 64 KiB를 넘습니다. 더 작은 본문을 보내 주세요.'],
    ),
    ...INPUT,
  },
  uri_too_long: problem(
    414,
    ['Address too long', 'The path or the query is too long. Shorten it.'],
    ['주소 길이 초과', '경로 또는 쿼리가 너무 깁니다. 더 짧게 요청해 주세요.'],
  ),
  unsupported_media_type: {
    ...problem(
      415,
      [
        'Unsupported media type',
        'Send the body as "Content-Type: application/json" in UTF-8, without Content-Encoding.',
      ],
      ['지원하지 않는 형식', '본문은 Content-Encoding 없이 UTF-8 "Content-Type: application/json"으로 보내 주세요.'],
    ),
    ...INPUT,
  },
  unprocessable: problem(
    422,
    ['Unprocessable', 'The request was understood but cannot be carried out as it is. Change it and try again.'],
    ['처리할 수 없는 요청', '요청은 이해했지만 그대로 처리할 수 없습니다. 내용을 바꾼 뒤 다시 시도해 주세요.'],
  ),
  idempotency_key_reused: problem(
    422,
    [
      'Idempotency-Key reused',
      'This Idempotency-Key was used for a different request. Use a new key for a new request.',
    ],
    ['Idempotency-Key 재사용', '이 Idempotency-Key는 다른 요청에 사용되었습니다. 새 요청에는 새 키를 사용해 주세요.'],
  ),
  rate_limited: problem(
    429,
    [
      'Too many requests',
      'Too many requests came from this address. Wait as many seconds as Retry-After says, then try again.',
    ],
    [
      '요청 한도 초과',
      '이 주소에서 보낸 요청이 너무 많습니다. Retry-After에 나온 시간만큼 기다린 뒤 다시 시도해 주세요.',
    ],
  ),
  headers_too_large: problem(
    431,
    ['Headers too large', 'The header fields are too large. Send fewer or shorter ones.'],
    ['헤더 크기 초과', '헤더가 너무 큽니다. 헤더를 줄여 다시 보내 주세요.'],
  ),
  internal_error: problem(
    500,
    ['Internal error', 'Something went wrong on our side. Try again later and quote the request id if it persists.'],
    ['내부 오류', '서버에 문제가 발생했습니다. 잠시 후 다시 시도하고, 계속되면 요청 ID와 함께 문의해 주세요.'],
  ),
  overloaded: problem(
    503,
    [
      'Overloaded',
      'The service is busy and did nothing. Send the request again after as many seconds as Retry-After says.',
    ],
    ['과부하', '요청이 몰려 처리하지 못했습니다. Retry-After에 나온 시간이 지난 뒤 다시 시도해 주세요.'],
  ),
  dependency_unavailable: problem(
    503,
    [
      'Temporarily unavailable',
      'Something this call needs is unavailable. Send it again after as many seconds as Retry-After says.',
    ],
    [
      '일시적으로 이용 불가',
      '요청에 필요한 시스템을 잠시 사용할 수 없습니다. Retry-After에 나온 시간이 지난 뒤 다시 시도해 주세요.',
    ],
  ),
};
