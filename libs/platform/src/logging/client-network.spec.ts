import { describe, expect, it } from '@jest/globals';
import { clientNetwork } from './client-network.js';

describe('The network of a client', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:abcd:12::1', '2001:db8:abcd::/48'],
    ['2001:0db8::1', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
  ])('of %s is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it.each([undefined, '', 'localhost', '1.2.3', '1.2.3.4, 5.6.7.8'])('of %s is unknown', (address) => {
    expect(clientNetwork(address)).toBeUndefined();
  });
});
