import type { LocalizedProblem } from '#platform/http';

/** Texts of the errors that only the Audit Service can answer with. */
export const AUDIT_PROBLEMS: Readonly<Record<string, LocalizedProblem>> = {
  api_key_invalid: {
    status: 401,
    securityEvent: 'authz_fail',
    en: { title: 'API key not accepted', detail: 'Send the key of the Audit Service in the header X-API-Key.' },
    ko: {
      title: '사용할 수 없는 API 키',
      detail: '감사 서비스의 API 키를 X-API-Key 헤더로 보내 주세요.',
    },
  },
  batch_invalid: {
    status: 422,
    en: { title: 'Not a batch', detail: 'Send a JSON array of 1 to 500 events, each with an id. Nothing was stored.' },
    ko: {
      title: '올바르지 않은 배치',
      detail: 'id가 있는 이벤트 1~500개의 JSON 배열로 보내 주세요. 저장된 것은 없습니다.',
    },
  },
  batch_mixed: {
    status: 422,
    en: { title: 'Several lanes', detail: 'Send the events of each lane in a batch of their own. Nothing was stored.' },
    ko: { title: '여러 레인', detail: '레인마다 별도의 배치로 보내 주세요. 저장된 것은 없습니다.' },
  },
  batch_unordered: {
    status: 422,
    en: { title: 'Not in order', detail: 'Send the events in the order of their sequence. Nothing was stored.' },
    ko: { title: '순서 오류', detail: '이벤트를 sequence 순서대로 보내 주세요. 저장된 것은 없습니다.' },
  },
};

/** What the platform's own codes mean here. */
export const OWN_TEXTS: Readonly<Record<string, LocalizedProblem>> = {
  payload_too_large: {
    status: 413,
    en: { title: 'Batch too large', detail: 'A batch has at most 500 events and 1 MiB. Send it in halves.' },
    ko: { title: '배치 크기 초과', detail: '배치는 이벤트 500개, 1 MiB까지입니다. 절반으로 나누어 보내 주세요.' },
  },
  unsupported_media_type: {
    status: 415,
    en: {
      title: 'Unsupported media type',
      detail: 'Send batches as "application/cloudevents-batch+json", plain or packed by gzip; all else as JSON.',
    },
    ko: {
      title: '지원하지 않는 형식',
      detail:
        '배치는 "application/cloudevents-batch+json"으로 그대로 또는 gzip으로 압축하여, 그 밖의 본문은 JSON으로 보내 주세요.',
    },
  },
};
