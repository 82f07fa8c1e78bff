import { isIPv4, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

function groups(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) {
    return left;
  }
  const right = tail === '' ? [] : tail.split(':');
  return [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
}

/**
 * What one customer has of the network: an IPv4 address, or an IPv6 /64, in which they can have as many addresses as they
 * like. For limits, never for logs. Whatever is no address is taken as it is.
 */
export function clientSite(address: string): string {
  const v4 = MAPPED.exec(address)?.[1] ?? address;
  if (isIPv4(v4) || !isIPv6(address)) return v4;
  return groups(address)
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** The network a client came from, coarse enough not to name a person: IPv4 /24, IPv6 /48. `undefined` if unknown. */
export function clientNetwork(address: string | undefined): string | undefined {
  if (address === undefined) {
    return undefined;
  }
  const v4 = MAPPED.exec(address)?.[1] ?? address;
  if (isIPv4(v4)) {
    return `${v4.slice(0, v4.lastIndexOf('.'))}.0/24`;
  }
  if (!isIPv6(address)) {
    return undefined;
  }
  const prefix = groups(address)
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/48`;
}
