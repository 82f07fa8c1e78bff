import type { IncomingMessage } from 'node:http';

/**
 * Whether a header field stands in the request more than once. Node keeps the first line of most fields and drops the
 * others without a word; proxies in front may have kept the last.
 *
 * @param name in lower case
 */
export function isRepeated({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? '';
    if (given.length === name.length && given.toLowerCase() === name) count += 1;
  }
  return count > 1;
}
