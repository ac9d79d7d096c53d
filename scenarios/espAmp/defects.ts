/** The seeded defects of the target `esp-amp`: those of the implementation, and what agents can do wrong with a sound one. */
import { espAmpDefects } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';
import type { RemoteSlip } from './agents.ts';
import type { InterruptSlip } from './interruptAgents.ts';

/** What agents do wrong, by the defect's name: the queue itself is sound. */
export const slips: Readonly<Record<string, RemoteSlip>> = {
  'buffer-returned-before-read': 'free-before-read',
  'double-free': 'free-twice',
  'foreign-free': 'free-foreign',
};

/** The same, in the scenarios with interrupts. */
export const interruptSlips: readonly InterruptSlip[] = [
  'callback-stops-at-error',
  'doorbell-not-ordered',
  'no-recheck-before-sleep',
  'unmasked-before-send',
];

/** Where each defect shows first, and by which property; the memory model is the strongest that shows it. */
const shown: Readonly<
  Record<
    string,
    Pick<TargetDefect, 'scenario' | 'slots' | 'property'> & Partial<Pick<TargetDefect, 'memory'>>
  >
> = {
  'notify-result-leaks': { scenario: 'notify-fails', slots: 1, property: 'failure-atomicity' },
  'size-truncated': { scenario: 'init-sizes', slots: 1, property: 'no-outside-access' },
  'link-before-header': { scenario: 'late-attach', slots: 1, property: 'no-outside-access' },
  'link-before-configuration': { scenario: 'late-attach', slots: 1, property: 'no-outside-access' },
  'flip-not-toggled': { scenario: 'in-order', slots: 1, property: 'deadlock' },
  'flip-toggled-early': { scenario: 'in-order', slots: 2, property: 'deadlock' },
  'publish-before-fill': { scenario: 'in-order', slots: 1, property: 'payload-integrity' },
  'addr-not-written-back': { scenario: 'any-order', slots: 2, property: 'no-lost-buffers' },
  'list-walk-unbounded': { scenario: 'refusals', slots: 1, property: 'bounded-operation' },
  'recv-takes-next': { scenario: 'in-order', slots: 2, property: 'fifo' },
  'length-not-stored': { scenario: 'in-order', slots: 1, property: 'payload-integrity' },
  'alloc-without-test': { scenario: 'in-order', slots: 1, property: 'no-double-ownership' },
  'index-advanced-on-failure': { scenario: 'in-order', slots: 1, property: 'failure-atomicity' },
  'notify-before-publish': { scenario: 'doorbell', slots: 1, property: 'deadlock' },
  'alloc-without-acquire': {
    scenario: 'any-order',
    slots: 2,
    memory: 'rc11',
    property: 'no-double-ownership',
  },
  'alloc-acquire-before-load': {
    scenario: 'any-order',
    slots: 2,
    memory: 'rc11',
    property: 'no-double-ownership',
  },
  'recv-without-acquire': { scenario: 'in-order', slots: 1, memory: 'rc11', property: 'payload-integrity' },
  'recv-acquire-before-load': {
    scenario: 'in-order',
    slots: 1,
    memory: 'rc11',
    property: 'payload-integrity',
  },
  'send-without-release': { scenario: 'in-order', slots: 1, memory: 'pso', property: 'payload-integrity' },
  'send-release-after-store': {
    scenario: 'in-order',
    slots: 1,
    memory: 'pso',
    property: 'payload-integrity',
  },
  'free-without-release': { scenario: 'in-order', slots: 1, memory: 'pso', property: 'payload-integrity' },
  'free-release-after-store': {
    scenario: 'in-order',
    slots: 1,
    memory: 'pso',
    property: 'payload-integrity',
  },
  'flags-loaded-plain': { scenario: 'in-order', slots: 1, property: 'no-data-race' },
  'flags-stored-plain': { scenario: 'in-order', slots: 1, property: 'no-data-race' },
  'buffer-returned-before-read': { scenario: 'in-order', slots: 1, property: 'no-outside-access' },
  'double-free': { scenario: 'in-order', slots: 1, property: 'no-double-ownership' },
  'foreign-free': { scenario: 'in-order', slots: 1, property: 'no-double-ownership' },
  'pending-cleared-after-handlers': { scenario: 'isr-receive', slots: 1, property: 'lost-wakeup' },
  'acknowledged-twice': { scenario: 'isr-receive', slots: 1, property: 'lost-wakeup' },
  'handler-published-early': { scenario: 'enable-late-then-poll', slots: 1, property: 'bounded-operation' },
  'init-clears-pending': { scenario: 'init-clears-pending', slots: 1, property: 'lost-wakeup' },
  'critical-does-not-nest': { scenario: 'isr-and-task-send-masked', slots: 1, property: 'accepted-send' },
  'null-callback-accepted': { scenario: 'enable-without-callback', slots: 1, property: 'lost-wakeup' },
  'mask-released-early': { scenario: 'two-contexts-enable', slots: 1, property: 'lost-wakeup' },
  'callback-stops-at-error': { scenario: 'isr-receive', slots: 2, property: 'lost-wakeup' },
  'doorbell-not-ordered': {
    scenario: 'semaphore-receive-one-uncoalesced',
    slots: 1,
    memory: 'pso',
    property: 'lost-wakeup',
  },
  'no-recheck-before-sleep': { scenario: 'sleep-after-recheck', slots: 1, property: 'lost-wakeup' },
  'unmasked-before-send': { scenario: 'isr-and-task-send-masked', slots: 1, property: 'accepted-send' },
};

const titles: Readonly<Record<string, string>> = {
  'buffer-returned-before-read': 'the remote gives a buffer back before it has read the message',
  'double-free': 'the remote gives every buffer back twice',
  'foreign-free': 'the remote gives back an address that it never received',
  'callback-stops-at-error': 'the callback stops draining at the first message that it cannot make sense of',
  'doorbell-not-ordered': 'nothing orders the doorbell after the store that publishes the message',
  'no-recheck-before-sleep': 'the task does not look once more, with interrupts masked, before it sleeps',
  'unmasked-before-send': 'the critical section around alloc and send ends before the send',
};

export const defects: readonly TargetDefect[] = [
  ...espAmpDefects.map(({ name, title }) => ({ name, title })),
  ...[...Object.keys(slips), ...interruptSlips].map((name) => ({ name, title: titles[name] ?? name })),
].map(({ name, title }) => {
  const where = shown[name] ?? { scenario: 'in-order', slots: 1, property: 'deadlock' };
  return { name, title, memory: 'sc', ...where };
});
