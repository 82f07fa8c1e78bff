import { describe, expect, it } from '@jest/globals';

import { isDatabaseUnavailable, markAsOutage, orOutage } from './errors.js';

describe('An error of the database', () => {
  it.each([
    ['a lost connection', '08006'],
    ['a refused login', '28000'],
    ['a password that was changed there first', '28P01'],
    ['a database that is not there', '3D000'],
    ['a schema that is not there yet', '3F000'],
    ['a table that is not there yet', '42P01'],
    ['a full disk', '53100'],
    ['a server that shuts down', '57P01'],
    ['a deadlock', '40P01'],
    ['a busy row', '55P03'],
    ['a transaction that idled for too long', '25P03'],
    ['a transaction that took too long', '25P04'],
    ['a refused socket', 'ECONNREFUSED'],
  ])('is an outage: %s', (_what, code) => {
    expect(isDatabaseUnavailable({ code })).toBe(true);
    expect(isDatabaseUnavailable({ driverError: { code } })).toBe(true);
  });

  it.each([
    ['a broken constraint', '23505'],
    ['a write where only reads are allowed', '25006'],
    ['a mistake in a statement', '42601'],
    ['something that PostgreSQL cannot do', '0A000'],
  ])('is a defect: %s', (_what, code) => {
    expect(isDatabaseUnavailable({ code })).toBe(false);
  });

  it('is an outage whatever its code, where it says nothing about the statement', () => {
    const error = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
    expect(isDatabaseUnavailable(error)).toBe(false);

    markAsOutage(error);

    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(isDatabaseUnavailable({ driverError: error })).toBe(true);
  });

  it('AU-08 is an outage where it keeps from being stored what must leave this service', async () => {
    const refused = { code: '42501' };
    const defect = new TypeError('no statement at all');

    await expect(
      orOutage(Promise.reject(Object.assign(new Error('refused'), { driverError: refused }))),
    ).rejects.toThrow('refused');
    await expect(orOutage(Promise.reject(defect))).rejects.toBe(defect);

    expect([refused, defect].map(isDatabaseUnavailable)).toEqual([true, false]);
    expect(await orOutage(Promise.resolve('stored'))).toBe('stored');
  });
});
