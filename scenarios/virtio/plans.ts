/** The VirtIO scenarios. */

import type { Witness } from '../../checker/index.ts';
import { NO_BUFFER, VIRTIO_INVALID, VIRTIO_NO_SPACE, VIRTIO_NONE } from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { ScenarioParams } from '../target.ts';
import {
  addingDriver,
  anyOrderDevice,
  batchingDevice,
  collectingHandler,
  countingDriver,
  type DeviceState,
  type DriverState,
  drainingDevice,
  type FillingState,
  fillingDriver,
  impatientDevice,
  inOrderDevice,
  interruptingDevice,
  lookingHandler,
  mergingDevice,
  pollingDriver,
  returningTwiceDevice,
  sleepingDevice,
  sleepingDriver,
} from './agents.ts';
import { type Shape, SINGLE } from './application.ts';
import { hostileSystem } from './hostile.ts';
import { assembled, called, type Plan, rested, returned, woken } from './plan.ts';
import { DEVICE_CORE, DRIVER_CORE, withTries } from './platform.ts';
import { soundProperties } from './properties.ts';

import { refusalPlans } from './refusals.ts';

import { resetPlans } from './resetPlans.ts';

const noBuffer = returned('no buffer left', 'allocateBuffer', NO_BUFFER);
const noSpace = returned('no descriptor left', 'add', VIRTIO_NO_SPACE);
const empty = returned('nothing to take', 'take', VIRTIO_NONE);
const nothingBack = returned('nothing to collect', 'collect', VIRTIO_NONE);

/** The driver has begun the second lap of the rings. */
function secondLap(size: number) {
  return rested<{ readonly tag: number }>('ring wrapped', 'driver', ({ tag }) => tag >= size);
}

/** A chain with so many descriptors was made available. */
function chainOf(segments: number) {
  return called(
    `chain of ${segments} sent`,
    'add',
    (args) => Array.isArray(args.segments) && args.segments.length === segments,
  );
}

/**
 * From so many descriptors on only some messages are sent: without end these are millions of states. One less where stores wait
 * and there are many of them, or many ways for them to leave.
 */
function few(
  messages: number,
  { slots, memory, realistic }: ScenarioParams,
  from = 3,
): { readonly messages?: number } {
  if (slots < from || realistic === true) return {};
  const isMany = memory === 'pso' || (memory === 'tso' && slots > 3) || (memory === 'rc11' && from === 1);
  const less = isMany ? 1 : 0;
  return { messages: messages - less };
}

/** A driver that has sent all that it was to send has no work left. */
function finished([driver]: readonly (PlainData | null)[]): boolean {
  return (driver as DriverState).left === 0;
}

/**
 * In turn: all of a chain in a table, all of it direct, and a table behind a direct segment, which only the split layout admits;
 * and one segment by itself.
 */
function tableShape(longest: number, layout: 'split' | 'packed'): (tag: number) => Shape {
  const whole = { readable: Math.max(1, longest - 1), writable: longest > 1 ? 1 : 0 };
  const behind = layout === 'split' && longest > 1 ? [{ ...whole, indirectFrom: 1 }] : [];
  const shapes: readonly Shape[] = [{ ...whole, indirectFrom: 0 }, whole, ...behind, SINGLE];
  return (tag) => shapes[tag % shapes.length] ?? SINGLE;
}

/** A chain was made available whose segments go into a table from this one on. */
function tableFrom(indirectFrom: number) {
  return called(
    indirectFrom === 0 ? 'whole chain in a table' : 'table behind a direct segment',
    'add',
    (args) => args.indirectFrom === indirectFrom,
  );
}

/** One to `longest` segments in turn: only for reading, with a reply, and only for writing. */
export function mixedShape(longest: number): (tag: number) => Shape {
  const shapes = Array.from({ length: longest }, (_, i) => i + 1).flatMap((count) =>
    count === 1
      ? [
          { readable: 1, writable: 0 },
          { readable: 0, writable: 1 },
        ]
      : [{ readable: count - 1, writable: 1 }, ...(count > 2 ? [{ readable: 1, writable: count - 1 }] : [])],
  );
  return (tag) => shapes[tag % shapes.length] ?? { readable: 1, writable: 0 };
}

/** The device is kicked, or not because it wants no kick; it sleeps, is woken, or finds something at its last look. */
const kicked: readonly Witness[] = [
  returned('kicked', 'kick', true),
  returned('kick suppressed', 'kick', false),
  returned('nothing came before the device sleeps', 'enableKicks', true),
  returned('something came before the device sleeps', 'enableKicks', false),
  woken('device woken', DEVICE_CORE),
];

/** The same of the driver. */
const interrupted: readonly Witness[] = [
  returned('interrupted', 'interrupt', true),
  returned('interrupt suppressed', 'interrupt', false),
  returned('nothing came before the driver sleeps', 'enableInterrupts', true),
  woken('driver woken', DRIVER_CORE),
];

/** Kicks and interrupts suppressed by flags, or by event indices. */
function suppression(eventIdx: boolean): readonly Plan[] {
  const common = {
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    shippedIndices: eventIdx,
    bounds: (params: ScenarioParams) => suppressed(eventIdx, params),
  };
  const [suffix, by] = eventIdx ? ['-event-idx', 'event indices'] : ['', 'flags'];
  return [
    {
      ...common,
      name: `kick-suppression${suffix}`,
      title: `the device sleeps when nothing is there, and suppresses kicks by ${by}; the driver polls`,
      system(params, { platform: newPlatform, tags, length }) {
        const platform = newPlatform({ features: { eventIdx }, sleeps: { device: true } });
        return assembled(
          platform,
          pollingDriver({ platform, tags, length, kicks: true, ...suppressed(eventIdx, params) }),
          sleepingDevice({ platform }),
          kicked,
          { finished },
        );
      },
    },
    {
      ...common,
      name: `interrupt-suppression${suffix}`,
      title: `the driver sleeps when nothing comes back, and suppresses interrupts by ${by}; the device polls`,
      system(params, { platform: newPlatform, tags, length }) {
        const platform = newPlatform({ features: { eventIdx }, sleeps: { driver: true } });
        return assembled(
          platform,
          sleepingDriver({ platform, tags, length, kicks: false, ...suppressed(eventIdx, params) }),
          interruptingDevice({ platform }),
          interrupted,
        );
      },
    },
  ];
}

/** With event indices only some messages are sent: those that are out of date make many states. */
function suppressed(eventIdx: boolean, params: ScenarioParams) {
  return few(4, params, eventIdx ? 1 : params.memory === 'sc' ? 3 : 2);
}

/** How much is sent, and how much of it is wicked. */
function wickedness({ slots, memory }: ScenarioParams) {
  return { messages: 2, stores: memory === 'sc' || (memory === 'tso' && slots === 1) ? 2 : 1 };
}

/** Lists without end, but where stores leave the buffer in many ways. */
function listsMessages({ slots, memory, realistic }: ScenarioParams): { readonly messages?: number } {
  return memory === 'pso' && slots > 1 && realistic !== true ? { messages: 4 } : {};
}

/** In tables each segment is stored twice: in half as many messages under pso. */
function tabled(params: ScenarioParams): { readonly messages?: number } {
  return few(params.memory === 'pso' ? 4 : 6, params, 2);
}

/** One more than there are buffers, so that they run out; without end with few descriptors. */
function anyOrderMessages({ slots, memory, realistic }: ScenarioParams): { readonly messages?: number } {
  return realistic === true || slots < (memory === 'pso' ? 2 : 3) ? {} : { messages: slots + 1 };
}

export const plans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one segment a chain, given back in the order of their arrival; without end',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(6, params),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform();
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, ...few(6, params) }),
        inOrderDevice({ platform }),
        [noBuffer, empty, nothingBack, secondLap(params.slots)],
        { finished },
      );
    },
  },
  {
    name: 'any-order',
    title: 'one segment a chain; the device holds up to two of them and gives them back in any order',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => anyOrderMessages(params),
    system(params, { platform: newPlatform, tags, length }) {
      const { slots } = params;
      const platform = newPlatform();
      const two = [
        rested<DeviceState>('two chains held', 'device', ({ held }) => held.length === 2),
        rested<DeviceState>('given back out of order', 'device', ({ returning }) => returning === 2),
      ];
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, ...anyOrderMessages(params) }),
        anyOrderDevice({ platform, holds: 2 }),
        [noBuffer, empty, secondLap(slots), ...(slots > 1 ? two : [])],
        { finished },
      );
    },
  },
  {
    name: 'any-order-chains',
    title:
      'chains of one to three segments; the device holds up to two of them and gives them back in any order',
    sizes: [3, 4],
    most: { sc: 4, tso: 4, pso: 3, rc11: 4 },
    refuse: ({ slots }) =>
      slots < 3 ? 'with less than three descriptors no long chain is out beside another one' : null,
    bounds: () => ({ messages: 4 }),
    system(params, { platform: newPlatform, tags, length, longest }) {
      const platform = newPlatform();
      const shape = (tag: number): Shape =>
        tag % 2 === 0 ? { readable: longest - 1, writable: params.slots > 3 ? 1 : 0 } : SINGLE;
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape, messages: 4 }),
        anyOrderDevice({ platform, holds: 2 }),
        [
          empty,
          rested<DeviceState>('two chains held', 'device', ({ held }) => held.length === 2),
          rested<DeviceState>('given back out of order', 'device', ({ returning }) => returning === 2),
        ],
        { finished },
      );
    },
  },
  {
    name: 'chains',
    clausesTo: 4,
    title:
      'chains of one to three segments, of which the device reads some and writes a reply into the others',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(6, params),
    system(params, { platform: newPlatform, tags, length, longest }) {
      const platform = newPlatform();
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape: mixedShape(longest), ...few(6, params) }),
        inOrderDevice({ platform }),
        [empty, ...Array.from({ length: longest }, (_, i) => chainOf(i + 1))],
        { finished },
      );
    },
  },
  {
    name: 'full-ring',
    title: 'the driver sends until no descriptor is left, the device takes all before it gives any back',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(6, params, 4),
    system(params, { platform: newPlatform, tags, length }) {
      const { slots } = params;
      const platform = newPlatform({ buffers: slots + 1 });
      return assembled(
        platform,
        fillingDriver({ platform, tags, length, ...few(6, params, 4) }),
        drainingDevice({ platform }),
        [
          noSpace,
          empty,
          rested<DeviceState>('every chain held', 'device', ({ held }) => held.length === slots),
          rested<FillingState>('every chain out', 'driver', ({ out }) => out === slots),
        ],
      );
    },
  },
  {
    name: 'indirect',
    title: 'chains in indirect tables, whole or behind a direct segment (split only)',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => tabled(params),
    system(params, { platform: newPlatform, tags, length, longest, layout }) {
      const { slots } = params;
      const platform = newPlatform({
        features: { indirectDesc: true },
        tableEntries: longest,
        buffers: 2 * longest,
      });
      const shape = (tag: number): Shape => {
        const whole = { readable: Math.max(1, longest - 1), writable: longest > 1 ? 1 : 0, indirectFrom: 0 };
        if (layout.name === 'packed' || tag % 2 === 0 || longest === 1) return tag % 2 === 0 ? whole : SINGLE;
        return { ...whole, indirectFrom: 1 };
      };
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape, ...tabled(params) }),
        inOrderDevice({ platform }),
        [empty, tableFrom(0), ...(layout.name === 'split' && slots > 1 ? [tableFrom(1)] : [])],
        { finished },
      );
    },
  },
  {
    name: 'in-order-feature',
    clausesTo: 4,
    title: 'IN_ORDER: the device gives back several chains by one used entry',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(6, params),
    system(params, { platform: newPlatform, tags, length, longest }) {
      const { slots } = params;
      const platform = newPlatform({ features: { inOrder: true } });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape: mixedShape(longest), ...few(6, params) }),
        batchingDevice({ platform, holds: 2 }),
        [
          empty,
          ...(slots > 1
            ? [
                called(
                  'two given back by one entry',
                  'giveBackBatch',
                  ({ heads }) => Array.isArray(heads) && heads.length === 2,
                ),
              ]
            : []),
        ],
        { finished },
      );
    },
  },
  {
    name: 'in-order-indirect',
    clausesTo: 4,
    title:
      'IN_ORDER and INDIRECT_DESC: chains of several segments, in tables or not, given back several at a time',
    sizes: [2, 4],
    most: { sc: 4, tso: 4, pso: 1, rc11: 1 },
    refuse: ({ slots }) => (slots === 1 ? 'with one descriptor a table has one entry' : null),
    bounds: (params) => few(5, params, 2),
    system(params, { platform: newPlatform, tags, length, longest, layout }) {
      const platform = newPlatform({
        features: { inOrder: true, indirectDesc: true },
        tableEntries: longest,
        buffers: 2 * longest,
      });
      return assembled(
        platform,
        pollingDriver({
          platform,
          tags,
          length,
          shape: tableShape(longest, layout.name),
          ...few(5, params, 2),
        }),
        batchingDevice({ platform, holds: 2 }),
        [
          empty,
          chainOf(longest),
          tableFrom(0),
          ...(layout.name === 'split' ? [tableFrom(1)] : []),
          called(
            'two given back by one entry',
            'giveBackBatch',
            ({ heads }) => Array.isArray(heads) && heads.length === 2,
          ),
        ],
        { finished },
      );
    },
  },
  {
    name: 'indirect-write',
    title: 'the driver sets WRITE on each descriptor that names a table, where it means nothing',
    layout: 'split',
    sizes: [1, 2],
    most: { sc: 4, tso: 4, pso: 1, rc11: 2 },
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length, longest, layout }) {
      const platform = newPlatform({
        features: { indirectDesc: true },
        tableEntries: longest,
        marksWrite: true,
        buffers: 2 * longest,
      });
      return assembled(
        platform,
        pollingDriver({
          platform,
          tags,
          length,
          shape: tableShape(longest, layout.name),
          ...few(4, params, 2),
        }),
        inOrderDevice({ platform }),
        [empty, tableFrom(0), ...(longest > 1 ? [tableFrom(1)] : [])],
        { finished },
      );
    },
  },
  {
    name: 'no-indirect',
    title: 'the driver has tables, and INDIRECT_DESC was not negotiated: all chains are direct',
    sizes: [2],
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    refuse: ({ slots }) => (slots === 1 ? 'with one descriptor no chain is worth a table' : null),
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length, longest }) {
      const platform = newPlatform({ tableEntries: longest });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape: mixedShape(longest), ...few(4, params, 2) }),
        inOrderDevice({ platform }),
        [empty, chainOf(longest)],
        { finished },
      );
    },
  },
  ...suppression(false),
  ...suppression(true),
  {
    name: 'notification-data',
    title: 'NOTIFICATION_DATA: each kick says up to where chains are available; the device sleeps',
    most: { sc: 2, tso: 2, pso: 1, rc11: 2 },
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length, layout }) {
      const platform = newPlatform({ features: { notificationData: true }, sleeps: { device: true } });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, kicks: true, ...few(4, params, 2) }),
        sleepingDevice({ platform }),
        [
          ...kicked,
          called('kick in the second lap', 'notify', ({ next_off, next_wrap }) =>
            layout.name === 'packed' ? next_wrap === 0 : next_off === params.slots,
          ),
        ],
        { finished },
      );
    },
  },
  {
    name: 'batch',
    title:
      'EVENT_IDX: up to two chains are added before each kick, and all that is there is given back before each interrupt',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    shippedIndices: true,
    bounds: (params) => few(4, params, 1),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ features: { eventIdx: true }, sleeps: { driver: true, device: true } });
      return assembled(
        platform,
        sleepingDriver({ platform, tags, length, batch: 2, ...few(4, params, 1) }),
        sleepingDevice({ platform, interrupts: true }),
        [...kicked, ...interrupted],
      );
    },
  },
  {
    name: 'index-wrap',
    title:
      'EVENT_IDX over the wrap: of the indices at 65,536 (split), of the ring (packed); both sides sleep',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    shippedIndices: true,
    bounds: (params) => few(4, params, 1),
    system(params, { platform: newPlatform, tags, length, layout }) {
      const { slots } = params;
      const platform = newPlatform({
        features: { eventIdx: true },
        sleeps: { driver: true, device: true },
        start: layout.name === 'split' ? 65_534 : 2 * slots - 1,
      });
      return assembled(
        platform,
        sleepingDriver({ platform, tags, length, batch: 2, ...few(4, params, 1) }),
        sleepingDevice({ platform, interrupts: true }),
        [...kicked, ...interrupted],
      );
    },
  },
  {
    name: 'isr-collect',
    title: 'the driver collects in its interrupt handler, while its task adds in critical sections',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: ({ slots, realistic }) => ({ messages: realistic === true ? 1000 : slots + 1 }),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ sleeps: { driver: true } });
      const handler = collectingHandler({ platform, length });
      return platform.system(
        platform.agents(
          addingDriver({
            platform,
            tags,
            length,
            messages: params.realistic === true ? 1000 : params.slots + 1,
          }),
          interruptingDevice({ platform }),
          handler,
        ),
        {
          properties: soundProperties(platform),
          witnesses: [noBuffer, empty, woken('driver woken', DRIVER_CORE)],
        },
      );
    },
  },
  {
    name: 'isr-looks',
    title:
      'each interrupt is one chain: the handler looks whether it is there, and wakes the task, which collects',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    refuse: ({ slots }) =>
      slots > 255 ? 'a line keeps no more than 255 interrupts that were not taken yet' : null,
    bounds: ({ slots }) => ({ messages: 2 * slots + 1 }),
    system({ slots }, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ sleeps: { driver: true }, countsInterrupts: true });
      return platform.system(
        platform.agents(
          countingDriver({ platform, tags, length, messages: 2 * slots + 1 }),
          interruptingDevice({ platform }),
          lookingHandler({ platform }),
        ),
        {
          properties: soundProperties(platform),
          witnesses: [noBuffer, empty, woken('driver woken', DRIVER_CORE)],
        },
      );
    },
  },
  {
    name: 'lists-of-n',
    title:
      'lists exactly as long as the ring, one slot further on each time; EVENT_IDX, and the device sleeps',
    layout: 'packed',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: listsMessages,
    system(params, { platform: newPlatform, tags, length }) {
      const { slots } = params;
      const platform = newPlatform({ features: { eventIdx: true }, sleeps: { device: true } });
      return assembled(
        platform,
        pollingDriver({
          platform,
          tags: Math.max(2, tags),
          length,
          kicks: true,
          ...listsMessages(params),
          shape: (tag) => (tag % 2 === 0 ? { readable: slots, writable: 0 } : SINGLE),
        }),
        sleepingDevice({ platform }),
        [...kicked, chainOf(slots)],
        {
          finished,
          // Each buffer of a list is searched for from the first one on.
          accessBound: 200 + 64 * slots + slots ** 2,
        },
      );
    },
  },
  {
    name: 'event-halves',
    title: 'EVENT_IDX, with event structures accessed by 16 bits; both sides sleep',
    layout: 'packed',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(3, params, 1),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({
        features: { eventIdx: true },
        sleeps: { driver: true, device: true },
        halves: true,
      });
      return assembled(
        platform,
        sleepingDriver({ platform, tags, length, ...few(3, params, 1) }),
        sleepingDevice({ platform, interrupts: true }),
        [...kicked, ...interrupted],
      );
    },
  },
  {
    name: 'requests',
    clausesTo: 3,
    title: 'the device answers two lists as one request, the first of which it marks as used last',
    layout: 'packed',
    sizes: [2, 3],
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    refuse: ({ slots }) => (slots === 1 ? 'with one descriptor there is no second list' : null),
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform();
      const shape = (tag: number): Shape => ({ readable: 0, writable: 1 + (params.slots > 2 ? tag % 2 : 0) });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape, ...few(4, params, 2) }),
        mergingDevice({ platform }),
        [
          empty,
          called(
            'two lists in one request',
            'giveBackRequest',
            ({ heads }) => Array.isArray(heads) && heads.length === 2,
          ),
        ],
        { finished },
      );
    },
  },
  {
    name: 'rare-kicks',
    title:
      'EVENT_IDX: the driver adds more chains between two kicks than its indices can count; the device sleeps',
    sizes: [1],
    most: { sc: 1, tso: 1, pso: 1, rc11: 1 },
    bounds: ({ slots }) => ({ messages: 4 * slots + 1 }),
    system({ slots }, { platform: newPlatform, tags, length }) {
      // The packed layout has no indices, but what it counts could be kept in as few bits.
      const platform = newPlatform({
        features: { eventIdx: true },
        sleeps: { device: true },
        indexModulus: 4 * slots,
      });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, kicks: true, kickEvery: 4 * slots, messages: 4 * slots + 1 }),
        sleepingDevice({ platform }),
        kicked.slice(0, 1),
        { finished },
      );
    },
  },
  {
    name: 're-init',
    title: 'the queue is set up in memory that a queue has used before; the device sleeps',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: () => ({ messages: 3 }),
    system(_params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ sleeps: { device: true }, usedBefore: true });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, kicks: true, messages: 3 }),
        sleepingDevice({ platform }),
        kicked.slice(0, 1),
        { finished },
      );
    },
  },
  {
    name: 'misuse',
    title: 'the device gives back what it does not have any more, and more than it can have written',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform();
      const shape = (): Shape => ({ readable: 0, writable: 1 });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape, ...few(4, params, 2) }),
        returningTwiceDevice({ platform }),
        [empty, returned('given back twice', 'tryGiveBack', VIRTIO_INVALID)],
        { finished, operations: withTries(platform.operations) },
      );
    },
  },
  {
    name: 'in-order-misuse',
    title: 'IN_ORDER: the device tries to give the second chain back before the first one',
    sizes: [2],
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    refuse: ({ slots }) => (slots === 1 ? 'with one descriptor there is no second chain' : null),
    bounds: (params) => few(4, params, 2),
    system(params, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ features: { inOrder: true } });
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, ...few(4, params, 2) }),
        impatientDevice({ platform }),
        [empty, returned('out of turn', 'tryGiveBack', VIRTIO_INVALID)],
        { finished, operations: withTries(platform.operations) },
      );
    },
  },
  {
    name: 'hostile-driver',
    title: 'a driver that also stores wicked values; safety of the device only',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    refuse: ({ slots, memory }) =>
      slots === 1 && memory === 'rc11'
        ? 'with one descriptor the driver gives up again and again, and what it wrote could be read without end'
        : null,
    bounds: (params) => wickedness(params),
    system(params, { platform: newPlatform, length }) {
      const { messages, stores } = wickedness(params);
      const platform = newPlatform({ buffers: 2 * params.slots });
      return hostileSystem({ platform, hostile: 'driver', length, messages, stores });
    },
  },
  {
    name: 'hostile-tables',
    title: 'INDIRECT_DESC: a driver that also stores wicked values into tables; safety of the device only',
    sizes: [2],
    most: { sc: 2, tso: 1, pso: 1, rc11: 1 },
    refuse: ({ slots, memory }) =>
      memory !== 'sc'
        ? 'a table that is made payload is accessed in parts and as a whole, which only sc gives a meaning'
        : slots === 1
          ? 'with one descriptor a table has one entry, and nothing can be wrong about its order'
          : null,
    bounds: (params) => wickedness(params),
    system(params, { platform: newPlatform, length, longest }) {
      const { messages, stores } = wickedness(params);
      const platform = newPlatform({
        buffers: 2 * params.slots,
        features: { indirectDesc: true },
        tableEntries: longest,
      });
      return hostileSystem({ platform, hostile: 'driver', length, messages, stores });
    },
  },
  {
    name: 'hostile-device',
    title: 'a device that also stores wicked values; safety of the driver only',
    most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
    bounds: (params) => wickedness(params),
    system(params, { platform: newPlatform, length }) {
      const { messages, stores } = wickedness(params);
      return hostileSystem({ platform: newPlatform(), hostile: 'device', length, messages, stores });
    },
  },
  ...resetPlans,
  ...refusalPlans,
];
