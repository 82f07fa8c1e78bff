import { BlockList, isIPv6 } from 'node:net';

import { Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

// Where proxies of ours live: loopback, RFC 1918, RFC 6598, RFC 4193 and link-local addresses.
const NEAR = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  NEAR.addSubnet(network, prefix, 'ipv4');
}
NEAR.addAddress('::1', 'ipv6');
NEAR.addSubnet('fc00::', 7, 'ipv6');
NEAR.addSubnet('fe80::', 10, 'ipv6');

/**
 * Warns, once, of what looks like a proxy in front of this service that it was not told to trust. All callers that come
 * through it share one rate limit then, and one address in sessions and events: from inside it looks like one busy client.
 */
export class UntrustedProxy {
  readonly #logger = new Logger(UntrustedProxy.name);
  #warned = false;

  look({ raw, ip }: Pick<FastifyRequest, 'raw' | 'ip'>): void {
    if (this.#warned) return;
    const { 'x-forwarded-for': forwardedFor, forwarded } = raw.headers;
    if (forwardedFor === undefined && forwarded === undefined) return;
    const peer = raw.socket.remoteAddress;
    // Another address than the peer's was taken from the header: the peer is trusted.
    if (peer === undefined || ip !== peer || !NEAR.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4')) return;
    this.#warned = true;
    const msg = 'a proxy that TRUSTED_PROXIES does not name: all who come through it share one rate limit';
    // Neither its address nor the header: whoever runs it knows the one, and the other names a person.
    this.#logger.warn({ event: 'proxy_not_trusted', code: 'TRUSTED_PROXIES', msg });
  }
}
