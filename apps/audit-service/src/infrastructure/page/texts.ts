/** What the page says, in one language. */
export interface PageTexts {
  readonly code: 'en' | 'ko';
  readonly title: string;
  readonly whole: string;
  readonly wholeMeaning: string;
  readonly broken: string;
  readonly brokenMeaning: string;
  readonly proving: string;
  readonly provingMeaning: string;
  readonly empty: string;
  readonly emptyMeaning: string;
  readonly provenAt: (time: string) => string;
  readonly events: string;
  readonly lanes: string;
  readonly missing: string;
  readonly refused: string;
  readonly lane: (lane: number) => string;
  readonly places: string;
  readonly gaps: string;
  readonly laneWhole: string;
  readonly laneBroken: string;
  readonly faults: Readonly<Record<string, string>>;
  readonly faultAt: (what: string, place: string) => string;
  readonly lastEvents: string;
  readonly found: string;
  readonly noEvents: string;
  readonly type: string;
  readonly subject: string;
  readonly anyType: string;
  readonly anySubject: string;
  readonly filter: string;
  readonly clear: string;
  readonly newest: string;
  readonly older: string;
  readonly live: string;
  readonly notLive: string;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly api: string;
  readonly nobody: string;
}

const EN: PageTexts = {
  code: 'en',
  title: 'Audit Service',
  whole: 'All chains are whole',
  wholeMeaning: 'Nothing is missing, and nothing was altered.',
  broken: 'A chain is broken',
  brokenMeaning: 'Something is missing or was altered. The lanes below say where.',
  proving: 'Proving the chains …',
  provingMeaning: 'So far all is well. Look again in a moment.',
  empty: 'No event yet',
  emptyMeaning: 'Events show up here a moment after they happen.',
  provenAt: (time) => `Proven from the first event on at ${time}`,
  events: 'events',
  lanes: 'lanes',
  missing: 'missing',
  refused: 'refused',
  lane: (lane) => `Lane ${String(lane)}`,
  places: 'Sequence',
  gaps: 'Gaps',
  laneWhole: 'whole',
  laneBroken: 'broken',
  faults: {
    gap: 'Missing',
    altered: 'Altered',
    reordered: 'Out of order',
    duplicate: 'There twice',
    unlinked: 'Not the successor of the one before',
    wrong_lane: 'Of another lane',
  },
  faultAt: (what, place) => `${what} at ${place}`,
  lastEvents: 'Last events',
  found: 'Events found',
  noEvents: 'There is no such event.',
  type: 'Type',
  subject: 'Subject',
  anyType: 'session.login_succeeded',
  anySubject: 'user/0193…',
  filter: 'Show',
  clear: 'Show all',
  newest: 'Newest',
  older: 'Older events',
  live: 'Live',
  notLive: 'Stop',
  outcomes: { success: 'success', failure: 'failure', denied: 'denied' },
  api: 'API',
  nobody: 'nobody known',
};

const KO: PageTexts = {
  code: 'ko',
  title: '감사 서비스',
  whole: '모든 체인이 온전합니다',
  wholeMeaning: '누락되거나 변조된 이벤트가 없습니다.',
  broken: '체인이 끊어졌습니다',
  brokenMeaning: '누락되거나 변조된 이벤트가 있습니다. 위치는 아래 레인에 표시됩니다.',
  proving: '체인을 검증하고 있습니다 …',
  provingMeaning: '지금까지는 이상이 없습니다. 잠시 후 다시 확인하세요.',
  empty: '아직 이벤트가 없습니다',
  emptyMeaning: '이벤트가 발생하면 잠시 후 여기에 표시됩니다.',
  provenAt: (time) => `첫 이벤트부터 검증한 시각: ${time}`,
  events: '이벤트',
  lanes: '레인',
  missing: '누락',
  refused: '거부',
  lane: (lane) => `레인 ${String(lane)}`,
  places: '순번',
  gaps: '누락 구간',
  laneWhole: '정상',
  laneBroken: '손상',
  faults: {
    gap: '누락',
    altered: '변조',
    reordered: '순서 뒤바뀜',
    duplicate: '중복',
    unlinked: '앞 이벤트와 연결되지 않음',
    wrong_lane: '다른 레인의 이벤트',
  },
  faultAt: (what, place) => `${place}번: ${what}`,
  lastEvents: '최근 이벤트',
  found: '검색된 이벤트',
  noEvents: '해당하는 이벤트가 없습니다.',
  type: '유형',
  subject: '대상',
  anyType: 'session.login_succeeded',
  anySubject: 'user/0193…',
  filter: '조회',
  clear: '전체 보기',
  newest: '최신',
  older: '이전 이벤트',
  live: '실시간',
  notLive: '중지',
  outcomes: { success: '성공', failure: '실패', denied: '거부됨' },
  api: 'API',
  nobody: '대상 없음',
};

export const PAGE_TEXTS: Readonly<Record<'en' | 'ko', PageTexts>> = { en: EN, ko: KO };
