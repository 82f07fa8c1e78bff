import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4'); // RFC 1122 §3.2.1.3
loopback.addAddress('::1', 'ipv6'); // RFC 4291 §2.5.3

const privateNetworks = new BlockList();
privateNetworks.addSubnet('10.0.0.0', 8, 'ipv4'); // RFC 1918
privateNetworks.addSubnet('172.16.0.0', 12, 'ipv4');
privateNetworks.addSubnet('192.168.0.0', 16, 'ipv4');
privateNetworks.addSubnet('fc00::', 7, 'ipv6'); // RFC 4193

/** Suffixes that public DNS never delegates, or that name services inside a Kubernetes cluster. */
const INTERNAL_SUFFIXES = ['.localhost', '.local', '.internal', '.svc'];

/**
 * One label, as in Docker and Kubernetes service names. A purely numeric or `0x` label is not a name: resolvers read
 * it as an IPv4 address (inet_aton), which could be a public one.
 */
const SERVICE_NAME = /^(?!0x[0-9a-f]*$)(?=.*[a-z])[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/;

/** The host as written in a URL, without the brackets of IPv6 and without the dot of a fully qualified name. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/**
 * Whether traffic to this host stays on the machine or in a private network, so that a plain (unencrypted) connection
 * is acceptable in production: loopback and private addresses, and names that only a private resolver answers.
 */
export function isInternalHost(host: string): boolean {
  const name = bare(host);
  const version = isIP(name);
  if (version !== 0) {
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return loopback.check(name, family) || privateNetworks.check(name, family);
  }
  return SERVICE_NAME.test(name) || INTERNAL_SUFFIXES.some((suffix) => name.endsWith(suffix));
}
