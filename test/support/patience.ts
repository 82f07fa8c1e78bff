import { jest } from '@jest/globals';

/** Milliseconds. Real servers take their time on a busy machine; a test that hangs still ends. */
jest.setTimeout(60_000);
