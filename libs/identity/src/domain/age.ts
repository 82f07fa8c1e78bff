// Korea has had no daylight saving time since 1988, so Seoul is UTC+9 all year.
const SEOUL_OFFSET_MS = 9 * 60 * 60 * 1000;

/** Whole years at the present date in Seoul (PIPA Art. 22-2 counts by the calendar there). `birthDate` is ISO 8601. */
export function ageInSeoul(birthDate: string, now: Date): number {
  const today = new Date(now.getTime() + SEOUL_OFFSET_MS).toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
