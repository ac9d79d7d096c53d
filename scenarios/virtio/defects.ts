/** The seeded defects of both targets: where each shows first, and which property names it. */
import { packedDefects, splitDefects } from '../../impl/index.ts';
import type { TargetDefect } from '../target.ts';
import { transportDefects } from './transportDefects.ts';

/** Scenario and property; by one descriptor under sc, where nothing else is said. */
type Shown = readonly [
  scenario: string,
  property: string,
  more?: Partial<Pick<TargetDefect, 'slots' | 'memory' | 'breaks'>>,
];

const two = { slots: 2 } as const;
const four = { slots: 4 } as const;
const tso = { memory: 'tso' } as const;

const ofSplit: Readonly<Record<string, Shown>> = {
  'acquire-before-index': ['in-order', 'no-data-race'],
  'added-window-wraps': ['rare-kicks', 'lost-wakeup', { breaks: ['sd9-kick-when-required'] }],
  'available-withdrawn': [
    'full-ring',
    'sd6-available-index-forward',
    { breaks: ['derived-ring-not-overfull'] },
  ],
  'b1-missing': ['in-order', 'sd10-barrier-before-index'],
  'b2-missing': ['kick-suppression', 'sd11-barrier-before-kick-test'],
  'b3-missing': ['in-order', 'no-data-race'],
  'b4-missing': ['in-order', 'no-data-race'],
  'b5-missing': ['interrupt-suppression', 'deadlock', tso],
  'b6-missing': ['in-order', 'no-data-race'],
  'b7-missing': ['interrupt-suppression', 'deadlock', tso],
  'b8-missing': ['kick-suppression', 'lost-wakeup', tso],
  'batch-slot-wrong': [
    'in-order-feature',
    'sv6-length-before-index',
    { ...two, breaks: ['sv6-bytes-before-index'] },
  ],
  'buffer-unchecked': ['hostile-driver', 'within-reach'],
  'capacity-unchecked': ['full-ring', 'sd13-exposed-unchanged'],
  'chain-unbounded': ['hostile-driver', 'bounded-operation'],
  'chain-walked-twice': ['in-order', 'derived-bounded-walk'],
  'descriptor-cleared': ['in-order', 'sv3-writes-writable-only'],
  'direction-unchecked': ['hostile-driver', 'hands-out-once', two],
  'double-fetch': ['hostile-driver', 'no-outside-access'],
  'double-return-accepted': [
    'misuse',
    'no-double-ownership',
    { breaks: ['derived-used-not-ahead', 'derived-used-was-out'] },
  ],
  'enable-interrupts-without-recheck': ['interrupt-suppression', 'deadlock'],
  'enable-kicks-without-recheck': ['kick-suppression', 'lost-wakeup'],
  'entry-not-stored': ['in-order', 'derived-heads-disjoint', two],
  'event-equality': ['batch', 'sv5-interrupt-when-required'],
  'event-ordinary-comparison': [
    'index-wrap',
    'sd9-kick-when-required',
    { breaks: ['sd9-no-unwanted-kick', 'sv5-interrupt-when-required', 'sv5-no-unwanted-interrupt'] },
  ],
  'head-unchecked': ['hostile-driver', 'within-reach'],
  'header-in-one-piece': ['in-order', 'sv2-any-framing'],
  'in-order-links': ['in-order-feature', 'sd4-in-order-links', four],
  'in-order-table-links': ['in-order-indirect', 'sd5-in-order-table', four],
  'index-jump-unchecked': ['hostile-driver', 'plausible-index'],
  'index-modulo-size': ['in-order', 'deadlock'],
  'indirect-nested-accepted': ['hostile-tables', 'within-reach', two],
  'indirect-unnegotiated': ['no-indirect', 'sd5-indirect-negotiated', two],
  'indirect-with-next': ['indirect', 'sd5-indirect-ends-chain'],
  'indirect-write-heeded': ['indirect', 'whole-chain', two],
  'indirect-write-refused': [
    'indirect-write',
    'sv4-write-flag-ignored',
    { breaks: ['sv4-direct-then-table'] },
  ],
  'init-without-zeroing': ['re-init', 'no-false-alarm', { breaks: ['sv7-spurious-kicks'] }],
  'inverted-recheck': ['interrupt-suppression', 'deadlock'],
  'kick-fence-before-index': ['kick-suppression', 'sd11-barrier-before-kick-test'],
  'last-keeps-next': ['in-order', 'sd3-chain-bytes', { breaks: ['sd5-chain-length'] }],
  'nested-table': ['indirect', 'sd5-no-nested-table'],
  'order-not-kept': ['in-order-misuse', 'sv8-in-order', two],
  'publish-before-fill': ['in-order', 'sd10-barrier-before-index'],
  'return-before-fill': ['in-order', 'sv6-length-before-index'],
  'slot-instead-of-id': ['any-order', 'no-double-ownership', two],
  'suppress-flag-under-event-idx': ['batch', 'sv7-used-flags', { breaks: ['sd7-available-flags'] }],
  'table-behind-direct-refused': ['indirect', 'sv4-direct-then-table', two],
  'used-flags-kept': ['re-init', 'sd9-used-flags-zeroed'],
  'used-id-unchecked': ['hostile-device', 'no-outside-access'],
  'used-index-ignored': ['interrupt-suppression', 'sd7-spurious-interrupts'],
  'used-length-full': ['in-order', 'sv6-bytes-before-index'],
  'used-length-ignored': ['chains', 'sd8-within-used-length'],
  'used-length-unchecked': ['hostile-device', 'no-outside-access'],
  'writable-copied-in': ['chains', 'sv3-reads-readable-only'],
  'writable-first': ['chains', 'sd2-readable-before-writable', two],
  'wrong-suppression-field': [
    'batch',
    'sd9-other-field-ignored',
    { ...two, breaks: ['sv5-other-field-ignored'] },
  ],
};

const ofPacked: Readonly<Record<string, Shown>> = {
  'added-window-wraps': ['rare-kicks', 'lost-wakeup'],
  'b1-missing': ['in-order', 'pd6-barrier-before-flags'],
  'b2-missing': ['kick-suppression', 'pd7-barrier-before-kick-test'],
  'b3-missing': ['in-order', 'no-data-race'],
  'b4-missing': ['in-order', 'no-data-race'],
  'b5-missing': ['interrupt-suppression', 'deadlock', tso],
  'b6-missing': ['in-order', 'no-data-race'],
  'b7-missing': ['interrupt-suppression', 'deadlock', tso],
  'b8-missing': ['kick-suppression', 'lost-wakeup', tso],
  'batch-slot-wrong': ['in-order-feature', 'pv6-in-order', { ...two, breaks: ['pv1-used-at-cursor'] }],
  'buffer-unchecked': ['hostile-driver', 'within-reach'],
  'count-from-ring': ['chains', 'no-lost-buffers', two],
  'cursor-split': ['isr-looks', 'deadlock', two],
  'direction-unchecked': ['hostile-driver', 'hands-out-once', two],
  'double-fetch': ['hostile-driver', 'no-outside-access'],
  'double-return-accepted': ['misuse', 'no-double-ownership', { breaks: ['pv2-unchanged-once-used'] }],
  'enable-interrupts-without-recheck': ['interrupt-suppression', 'deadlock'],
  'enable-kicks-without-recheck': ['kick-suppression', 'lost-wakeup'],
  'event-equality': ['lists-of-n', 'packed-kick-when-required', two],
  'event-flags-reserved': ['batch', 'packed-driver-event-flags', { breaks: ['packed-device-event-flags'] }],
  'fields-before-flags': ['in-order', 'pv2-only-available'],
  'flags-before-id': ['in-order', 'no-data-race', { breaks: ['pv2-unchanged-once-used'] }],
  'head-first': ['chains', 'pd4-head-last', two],
  'id-released-early': ['in-order-feature', 'no-lost-buffers', two],
  'id-unchecked': ['hostile-driver', 'hands-out-once'],
  'indirect-in-list': ['refusals', 'documented-errors', two],
  'indirect-unchecked': ['hostile-driver', 'within-reach'],
  'indirect-unnegotiated': ['no-indirect', 'pd5-indirect-negotiated', two],
  'indirect-with-next': ['indirect', 'pd5-no-indirect-in-list', { breaks: ['pd4-list-length'] }],
  'last-keeps-next': ['in-order', 'pd4-list-length'],
  'latest-list-only': [
    'batch',
    'packed-kick-when-required',
    { ...two, breaks: ['packed-interrupt-when-required'] },
  ],
  'lazy-walk': ['any-order-chains', 'no-data-race', { slots: 3 }],
  'list-copied-backwards': ['lists-of-n', 'pv3-list-order', two],
  'list-from-its-end': ['chains', 'pv1-starts-in-order', two],
  'list-jump-unchecked': ['hostile-driver', 'hands-out-once', two],
  'list-runs-off-ring': ['chains', 'no-false-alarm', { ...two, breaks: ['packed-interrupt-when-required'] }],
  'list-unbounded': ['hostile-driver', 'bounded-operation'],
  'next-at-ring-end': [
    'in-order',
    'pd4-space-first',
    { ...two, breaks: ['derived-ids-distinct', 'pd4-head-last'] },
  ],
  'next-heeded-in-table': ['indirect', 'whole-chain', two],
  'next-taken-back': ['chains', 'pd2-unchanged-once-available', two],
  'no-free-check': ['full-ring', 'no-outside-access'],
  'notification-data-old': ['notification-data', 'pd3-notification-data'],
  'order-not-kept': [
    'in-order-misuse',
    'no-double-ownership',
    { ...two, breaks: ['pv1-used-at-cursor', 'pv6-in-order'] },
  ],
  'request-first-first': ['requests', 'pv5-first-buffer-last', two],
  'request-overwritten': ['in-order', 'pv2-writes-writable-only'],
  'ring-not-zeroed': ['re-init', 'no-false-alarm'],
  'slot-instead-of-id': ['in-order', 'derived-used-was-out', two],
  'table-entry-next': ['indirect', 'pd5-table-flags', two],
  'tail-flags-stale': ['lists-of-n', 'pd4-head-last', two],
  'used-id-unchecked': ['hostile-device', 'no-outside-access'],
  'used-length-full': ['chains', 'pv4-used-length'],
  'used-length-unchecked': ['hostile-device', 'no-outside-access'],
  'used-not-awaited': ['full-ring', 'pd2-seen-used-before-written'],
  'wish-ignored': ['batch', 'packed-no-unwanted-interrupt', { breaks: ['packed-no-unwanted-kick'] }],
  'wrap-missed-at-full-list': [
    'lists-of-n',
    'packed-kick-when-required',
    { breaks: ['packed-no-unwanted-kick'] },
  ],
  'wrap-missed-at-full-list-by-device': ['in-order', 'eventual-receipt'],
  'wrap-toggled-with-less': ['in-order', 'no-false-alarm'],
  'writable-copied-in': ['chains', 'pv2-reads-readable-only'],
  'writable-first': ['chains', 'pd4-readable-before-writable', two],
  'write-flag-wrong': ['chains', 'pv4-write-flag'],
};

/** Defects that break nothing here, and why. */
export const unseen: Readonly<Record<string, string>> = {
  'event-torn':
    'a torn wish loses no notification, as long as both sides have their full fences and look once more: whoever has read it is seen by that last look',
};

interface Named {
  readonly name: string;
  readonly title: string;
}

function shown(defects: readonly Named[], where: Readonly<Record<string, Shown>>): readonly TargetDefect[] {
  return defects.flatMap(({ name, title }) => {
    const found = where[name];
    if (found === undefined) return [];
    const [scenario, property, more = {}] = found;
    return [{ name, title, scenario, slots: 1, memory: 'sc' as const, property, ...more }];
  });
}

export const splitTargetDefects: readonly TargetDefect[] = [
  ...shown(splitDefects, ofSplit),
  ...transportDefects('split'),
];

export const packedTargetDefects: readonly TargetDefect[] = [
  ...shown(packedDefects, ofPacked),
  ...transportDefects('packed'),
];
