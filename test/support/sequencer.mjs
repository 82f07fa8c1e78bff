import TestSequencer from '@jest/test-sequencer';

/** What mostly waits comes first, beside what computes; what is over in a moment comes last and fills the gaps. */
const ORDER = ['faults', 'e2e', 'security', 'migrations', 'integration', 'architecture', 'unit'];

/** Jest's own order (the longest first, as far as it is known) inside of each kind. */
export default class Sequencer extends TestSequencer {
  sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName?.name ?? '');
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}
