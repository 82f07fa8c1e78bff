import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { describeError } from './describe-error.js';

describe('LO-02 What a log line says about an exception', () => {
  it('is its class, code, scrubbed message and stack frames, without the message line', () => {
    class BrokenThing extends TypeError {
      readonly code = 'E_BROKEN';
    }
    const described = describeError(new BrokenThing('no such user kim@example.com'));
    expect(described).toMatchObject({ type: 'BrokenThing', code: 'E_BROKEN', message: 'no such user [email]' });
    expect(described.stack?.[0]).toContain('describe-error.spec');
    expect(JSON.stringify(described)).not.toContain('kim@');
  });

  it('of a database error is only SQLSTATE, severity, table, constraint and routine', () => {
    const driver = Object.assign(new Error('duplicate key: Key (email)=(kim@example.com) exists'), {
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (email)=(kim@example.com)',
      table: 'users',
      constraint: 'users_email_index_key',
      routine: '_bt_check_unique',
      where: 'canary-where',
    });
    const described = describeError(new QueryFailedError('INSERT canary-sql', ['canary-parameter'], driver));
    expect(described).toMatchObject({
      type: 'QueryFailedError',
      code: '23505',
      severity: 'ERROR',
      table: 'users',
      constraint: 'users_email_index_key',
      routine: '_bt_check_unique',
    });
    expect(described.message).toBeUndefined();
    expect(JSON.stringify(described)).not.toMatch(/canary|kim|Key \(/);
    expect(JSON.stringify(describeError(driver))).not.toMatch(/canary|kim|Key \(/);
  });

  it('does not take lines of a message for stack frames', () => {
    const described = describeError(new Error('first\n    at password hunter22\n    at secretFunction (canary:1:2)'));
    expect(JSON.stringify(described.stack)).not.toMatch(/hunter22|canary/);
  });

  it('follows causes and aggregated errors only so far', () => {
    const loop = new Error('outer');
    loop.cause = loop;
    expect(JSON.stringify(describeError(loop)).length).toBeLessThan(20_000);
    const many = new AggregateError(Array.from({ length: 50 }, () => new Error('one of many')));
    expect(describeError(many).errors).toHaveLength(3);
  });

  it('of something that is no exception is its type alone', () => {
    expect(describeError('password=hunter22')).toEqual({ type: 'string' });
    expect(describeError(null)).toEqual({ type: 'null' });
  });
});
