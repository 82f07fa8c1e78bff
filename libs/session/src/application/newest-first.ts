/** A place in a list of what happened, newest first. */
export interface Position {
  readonly at: Date;
  /** Tells apart what has the same time. */
  readonly key: string;
}

export interface PageRequest {
  readonly limit: number;
  /** Where the page before ended; `null` for the first one. */
  readonly after: Position | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where this page ended, when there are more. */
  readonly next: Position | null;
}

/** Negative when `one` comes before `other`. */
export function newestFirst(one: Position, other: Position): number {
  const later = other.at.getTime() - one.at.getTime();
  if (later !== 0 || one.key === other.key) return later;
  return one.key > other.key ? -1 : 1;
}

/** One page of `items`, in any order; it must hold all up to one item after the page. */
export function pageOf<Item>(
  items: readonly Item[],
  positionOf: (item: Item) => Position,
  { limit, after }: PageRequest,
): Page<Item> {
  const placed = items
    .map((item) => ({ item, position: positionOf(item) }))
    .filter(({ position }) => after === null || newestFirst(after, position) < 0)
    .sort((one, other) => newestFirst(one.position, other.position));
  const page = placed.slice(0, limit);
  const next = placed.length > page.length ? (page.at(-1)?.position ?? null) : null;
  return { items: page.map(({ item }) => item), next };
}
