/** The ESP-AMP scenarios in which both sides poll. */
import type { Program, SystemOperation, Witness } from '../../checker/index.ts';
import { esp_amp_sw_intr_st_t, espAmpClasses, espAmpDefects, espAmpOperations } from '../../impl/index.ts';
import { fieldLocation, type MemoryPort, type PlainData } from '../../memory/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { ScenarioParams } from '../target.ts';
import {
  type AnyOrderReceiverState,
  type AnyOrderSenderState,
  anyOrderReceiver,
  anyOrderSender,
  doorbellReceiver,
  drainingReceiver,
  inOrderReceiver,
  inOrderSender,
  sendAndReceive,
} from './agents.ts';
import { initSizesSystem } from './initSizes.ts';
import { agents, empty, FULL_MODULUS, full, type Plan, secondLap } from './plan.ts';
import { MASTER_CORE, REMOTE_CORE } from './platform.ts';
import { refusalsSystem } from './refusals.ts';
import { rested, returned } from './witnesses.ts';

/** Four slots without end are some hundred million states under tso. */
function anyOrderBounds({ slots, memory, realistic }: ScenarioParams): { readonly messages?: number } {
  return slots > 2 && memory === 'tso' && realistic !== true ? { messages: 8 } : {};
}

/** The doorbell word of the sub core: a bit set by the master, taken down by the remote. */
const doorbell = fieldLocation(esp_amp_sw_intr_st_t, 'shared', 0, 'sub_core_sw_intr_st');

export const pollingPlans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one buffer at a time on each side, without end',
    moreSlots: [8, 16, 32, 64],
    most: { pso: 64, rc11: 16 },
    system({ slots }, { platform, slip, tags, length }) {
      const side = { platform: platform(), queue: 0 };
      return side.platform.system(
        agents(inOrderSender({ ...side, tags, length }), inOrderReceiver({ ...side, slip })),
        { witnesses: [full, empty, secondLap(slots)] },
      );
    },
  },
  {
    name: 'any-order',
    title: 'both sides hold up to two buffers and release them in any order; lengths vary; without end',
    takesLong: ({ slots }) => slots > 2,
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    bounds: (params): Readonly<Record<string, PlainData>> => anyOrderBounds(params),
    system(params, { platform, slip, tags }) {
      const { slots } = params;
      const side = { platform: platform(), queue: 0, ...anyOrderBounds(params) };
      // One length for even tags, the other for odd ones: they vary, and cost no choice.
      const length = (tag: number): number => side.platform.options.itemSize / (tag % 2 === 0 ? 1 : 2);
      const holds = 2;
      const two: readonly Witness[] = [
        rested<AnyOrderSenderState>(
          'two buffers held by the master',
          'master',
          ({ held }) => held.length === 2,
        ),
        rested<AnyOrderReceiverState>(
          'two messages held by the remote',
          'remote',
          ({ held }) => held.length === 2,
        ),
        rested<AnyOrderSenderState>('sent out of order', 'master', ({ sending }) => sending === 2),
        rested<AnyOrderReceiverState>('freed out of order', 'remote', ({ freeing }) => freeing === 2),
      ];
      return side.platform.system(
        agents(anyOrderSender({ ...side, tags, length, holds }), anyOrderReceiver({ ...side, slip, holds })),
        { witnesses: [full, empty, secondLap(slots), ...(slots > 1 ? two : [])] },
      );
    },
  },
  {
    name: 'coprime-tags',
    title: 'in order, tags of a period that no number of laps hides',
    only: { slots: 2, because: 'its period of 3 is coprime to the laps of 2 slots' },
    system(_params, { platform, slip, length }) {
      const side = { platform: platform(), queue: 0 };
      return side.platform.system(
        agents(inOrderSender({ ...side, tags: 3, length }), inOrderReceiver({ ...side, slip })),
        { witnesses: [full, empty] },
      );
    },
  },
  {
    name: 'index-wrap',
    title: 'in order, 16-bit indices that start two laps before their wrap',
    modulus: () => FULL_MODULUS,
    bounds: ({ slots }) => ({ messages: 3 * slots + 2 }),
    system({ slots }, { platform, slip, tags, length }) {
      const side = { platform: platform({ startIndex: FULL_MODULUS - 2 * slots }), queue: 0 };
      const messages = 3 * slots + 2;
      return side.platform.system(
        agents(inOrderSender({ ...side, tags, length, messages }), inOrderReceiver({ ...side, slip })),
        {
          witnesses: [
            full,
            empty,
            rested<{ readonly left: number }>('index wrapped', 'master', ({ left }) => left < slots),
          ],
        },
      );
    },
  },
  {
    name: 'full-empty',
    title: 'the master may stop for good on a full queue; the remote receives until empty, then frees all',
    system({ slots }, { platform, slip, tags, length }) {
      const side = { platform: platform(), queue: 0 };
      return side.platform.system(
        agents(inOrderSender({ ...side, tags, length, givesUp: true }), drainingReceiver({ ...side, slip })),
        {
          witnesses: [
            full,
            empty,
            rested<{ readonly held: readonly number[] }>(
              'every buffer with the remote',
              'remote',
              ({ held }) => held.length === slots,
            ),
          ],
        },
      );
    },
  },
  {
    name: 'two-queues',
    title: 'one queue in each direction, each core sends and receives',
    bounds: ({ slots }) => (slots > 2 ? { messagesEachWay: 3 } : {}),
    most: { sc: 4, tso: 4, pso: 4, rc11: 2 },
    system({ slots }, { platform, slip, tags, length }) {
      const both = platform({ masters: [MASTER_CORE, REMOTE_CORE] });
      const messages = slots > 2 ? { messages: 3 } : {};
      const task = (sends: number, receives: number): Program =>
        sendAndReceive(
          { platform: both, queue: sends, tags, length, ...messages },
          { platform: both, queue: receives, slip },
        );
      return both.system(
        [
          { name: 'main', core: MASTER_CORE, program: task(0, 1), receives: [1] },
          { name: 'sub', core: REMOTE_CORE, program: task(1, 0), receives: [0] },
        ],
        {
          witnesses: slots > 2 ? [empty] : [full, empty],
          // A task may go on sending for ever and never look for messages: it need not receive what was sent.
          properties: builtInProperties.filter(({ name }) => name !== 'eventual-receipt'),
          // An agent goes on polling for messages when it has none to send any more.
          finished: (states) =>
            states.every((state) => (state as { readonly sending: unknown }).sending === null),
        },
      );
    },
  },
  {
    name: 'late-attach',
    title:
      'the sub core attaches while the main core is still setting the queue up; stale memory; without end',
    system({ slots }, { platform, slip, tags, length }) {
      const side = { platform: platform({ initialise: false, stale: 0xa4 }), queue: 0 };
      return side.platform.system(
        agents(
          inOrderSender({ ...side, tags, length, initialises: true }),
          inOrderReceiver({ ...side, slip, attaches: true }),
        ),
        {
          // Nothing fences while the queue is set up: every store of it may wait in the buffer.
          bufferDepth: 12 + 4 * slots,
          properties: builtInProperties.map((property) =>
            // Before the queue is there, nothing stands anywhere: only the way home is asked for.
            property.name === 'no-lost-buffers'
              ? { name: property.name, title: property.title, goal: 'home' as const }
              : property,
          ),
          witnesses: [
            returned('attached too early', 'sub_init', 'NOT_FOUND'),
            returned('attached', 'sub_init', 'OK'),
            empty,
            secondLap(slots),
          ],
        },
      );
    },
  },
  {
    name: 'notify-fails',
    title: 'in order; the notification may fail each time',
    system(_params, { platform, slip, tags, length }) {
      const notify = (port: MemoryPort) => () => port.op('notify', {}, () => (port.choose(2) === 0 ? 0 : 7));
      const side = { platform: platform({ notify }), queue: 0 };
      const operation: SystemOperation = { codes: null, succeeded: () => true };
      return side.platform.system(
        agents(inOrderSender({ ...side, tags, length }), inOrderReceiver({ ...side, slip })),
        {
          operations: {
            ...(espAmpOperations as Readonly<Record<string, SystemOperation>>),
            notify: operation,
          },
          witnesses: [
            full,
            empty,
            {
              name: 'notification failed',
              reached: (seen) =>
                seen.kind === 'event' &&
                seen.event.kind === 'return' &&
                seen.event.operation === 'notify' &&
                seen.event.result === 7,
            },
          ],
        },
      );
    },
  },
  {
    name: 'doorbell',
    title: 'the remote looks only when its doorbell rang, then drains the queue; without end',
    system(_params, { platform, slip, tags, length }) {
      const notify = (port: MemoryPort) => () => {
        port.rmw(doorbell, 'or', 1, 'seq_cst');
        return 0;
      };
      const takeDown = (port: MemoryPort) => port.rmw(doorbell, 'exchange', 0, 'seq_cst');
      const side = { platform: platform({ notify }), queue: 0 };
      return side.platform.system(
        agents(inOrderSender({ ...side, tags, length }), doorbellReceiver({ ...side, slip }, takeDown)),
        { witnesses: [full, empty] },
      );
    },
  },
  {
    name: 'init-sizes',
    title: 'lengths and item sizes at and beyond every limit, a neighbouring block behind the queue',
    only: { slots: 1, because: 'it makes queues of many sizes itself' },
    modulus: () => FULL_MODULUS,
    bounds: () => ({ queues: 1 }),
    system({ defects: seeded }, { title }) {
      return initSizesSystem(title, espAmpClasses(espAmpDefects.filter(({ name }) => seeded.includes(name))));
    },
  },
  {
    name: 'refusals',
    title: 'every call that must be refused, at every stage of a queue, with both pools; one agent',
    only: { slots: 1, because: 'each stage that refuses something needs no more' },
    bounds: () => ({ messages: 2 }),
    system({ defects: seeded }, { title }) {
      return refusalsSystem(title, espAmpClasses(espAmpDefects.filter(({ name }) => seeded.includes(name))));
    },
  },
];
