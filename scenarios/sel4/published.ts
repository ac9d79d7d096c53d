/** What breaks in the published code, by scenario and length: under sc and under tso alike. Runs that do not end are left out. */

import type { TargetDefect } from '../target.ts';

/** Nothing orders entries before the index that announces them, and the index is a plain word (Q4). */
const race = 'no-data-race';
/** Full looks like empty (Q1): the first chain of a queue with one descriptor, or both of one with two, are never seen. */
const stuck = [race, 'eventual-receipt', 'deadlock', 'no-lost-buffers'];
const asleep = ['lost-wakeup'];

export const publishedBreaks: Readonly<Record<string, Readonly<Record<number, readonly string[]>>>> = {
  'in-order': { 1: stuck, 2: stuck },
  'any-order': { 1: stuck, 2: stuck },
  chains: { 1: stuck, 2: [race, 'failure-atomicity', 'no-double-ownership', 'no-outside-access'] },
  'full-ring': { 1: stuck, 2: stuck },
  exhausted: { 1: [race, 'failure-atomicity'] },
  'notify-and-wait': { 1: asleep },
  // With twice as many descriptors as messages, as the assembly has it, the order is all that is missing.
  msgqueue: { 1: asleep, 2: [race] },
  're-init': { 1: [race, 'no-double-ownership', 'eventual-receipt'] },
  replies: {
    1: stuck,
    2: [race, 'failure-atomicity', 'no-double-ownership', 'no-outside-access', 'used-length'],
  },
  'double-return': { 2: [...stuck, 'no-double-ownership'] },
  misuse: { 1: ['no-double-ownership'], 2: ['no-double-ownership'] },
  'hostile-driver': { 2: [...stuck, 'no-outside-access', 'no-double-ownership', 'bounded-operation'] },
  'hostile-device': { 2: [...stuck, 'no-lost-descriptors', 'no-double-ownership'] },
  'forged-entry': { 2: [race, 'no-double-ownership'] },
  'set-up': { 1: ['refused-set-up'] },
};

/** Faults that it shows each by a run of its own; all others show among the defects of `sel4`, where none masks them. */
export const publishedFaults: readonly TargetDefect[] = (
  [
    ['full-looks-empty', 'Q1: a full ring looks empty', 'in-order', 1, 'deadlock'],
    [
      'head-published-early',
      'Q2: a chain is published before it is whole',
      'chains',
      2,
      'no-double-ownership',
    ],
    ['no-order', 'Q4: nothing orders the entries and the index', 'in-order', 1, race],
    [
      'no-rollback',
      'Q5: a message that does not fit leaves a part behind',
      'exhausted',
      1,
      'failure-atomicity',
    ],
    ['double-return', 'Q6: a chain can be given back twice', 'double-return', 2, 'no-double-ownership'],
    ['set-up-again', 'Q8: a driver set up again zeroes the rings', 're-init', 1, 'no-double-ownership'],
  ] as const
).map(([name, title, scenario, slots, property]) => ({
  name,
  title,
  scenario,
  slots,
  memory: 'sc',
  property,
}));
