/** The target `esp-amp`: the queue of ESP-AMP, its scenarios and its seeded defects. */
import type { AgentSpec, Program, SystemOperation, Witness } from '../../checker/index.ts';
import { esp_amp_sw_intr_st_t, espAmpClasses, espAmpDefects, espAmpOperations } from '../../impl/index.ts';
import { fieldLocation, type MemoryPort, type PlainData } from '../../memory/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import type { Expectation, Scenario, ScenarioParams, Target, TargetDefect } from '../target.ts';
import {
  type AnyOrderReceiverState,
  type AnyOrderSenderState,
  anyOrderReceiver,
  anyOrderSender,
  doorbellReceiver,
  drainingReceiver,
  inOrderReceiver,
  inOrderSender,
  type RemoteSlip,
  sendAndReceive,
} from './agents.ts';
import { initSizesSystem } from './initSizes.ts';
import { MASTER_CORE, Platform, type PlatformOptions, REMOTE_CORE, smallestModulus } from './platform.ts';
import { refusalsSystem } from './refusals.ts';
import { rested, returned } from './witnesses.ts';

/** Messages of real size: 64 bytes, or the most that 1024 slots leave in a block of the allocator (16 bits), in 16s. */
function realItemSize(slots: number): number {
  return slots >= 1024 ? 48 : 64;
}

/** Indices as shipped: 16 bits. */
const FULL_MODULUS = 65_536;

/** What agents do wrong, by the defect's name: the queue itself is sound. */
const slips: Readonly<Record<string, RemoteSlip>> = {
  'buffer-returned-before-read': 'free-before-read',
  'double-free': 'free-twice',
  'foreign-free': 'free-foreign',
};

/** Where each defect shows first, and by which property. */
const shown: Readonly<Record<string, Pick<TargetDefect, 'scenario' | 'slots' | 'property'>>> = {
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
  'buffer-returned-before-read': { scenario: 'in-order', slots: 1, property: 'no-outside-access' },
  'double-free': { scenario: 'in-order', slots: 1, property: 'no-double-ownership' },
  'foreign-free': { scenario: 'in-order', slots: 1, property: 'no-double-ownership' },
};

const titles: Readonly<Record<string, string>> = {
  'buffer-returned-before-read': 'the remote gives a buffer back before it has read the message',
  'double-free': 'the remote gives every buffer back twice',
  'foreign-free': 'the remote gives back an address that it never received',
};

const defects: readonly TargetDefect[] = [
  ...espAmpDefects.map(({ name, title }) => ({ name, title })),
  ...Object.keys(slips).map((name) => ({ name, title: titles[name] ?? name })),
].map(({ name, title }) => {
  const where = shown[name] ?? { scenario: 'in-order', slots: 1, property: 'deadlock' };
  return { name, title, memory: 'sc', ...where };
});

/** What differs between the scenarios. */
interface Plan {
  readonly name: string;
  readonly title: string;
  /** It has one size, and why. */
  readonly only?: { readonly slots: number; readonly because: string };
  readonly moreSlots?: readonly number[];
  /** Largest number of slots under each memory model, where exploring more takes too long. */
  readonly most?: { readonly sc: number; readonly tso: number };
  readonly bounds?: (params: ScenarioParams) => Readonly<Record<string, PlainData>>;
  readonly modulus?: (slots: number) => number;
  system(params: ScenarioParams, tools: Tools): ReturnType<Scenario['system']>;
}

/** What a plan builds its system with. */
interface Tools {
  readonly slip: RemoteSlip | undefined;
  readonly tags: number;
  platform(more?: Partial<PlatformOptions>): Platform;
  length(tag: number): number;
  readonly title: string;
}

const full = returned('queue full', 'alloc_try', 'NOT_FOUND');
const empty = returned('queue empty', 'recv_try', 'NOT_FOUND');

function secondLap(slots: number): Witness {
  return rested<{ readonly tag: number }>('ring wrapped', 'master', ({ tag }) => tag >= slots);
}

function agents(master: Program, remote: Program): AgentSpec[] {
  return [
    { name: 'master', core: MASTER_CORE, program: master, receives: [] },
    { name: 'remote', core: REMOTE_CORE, program: remote, receives: [0] },
  ];
}

/** Four slots without end are some hundred million states under tso. */
function anyOrderBounds({ slots, memory, realistic }: ScenarioParams): { readonly messages?: number } {
  return slots > 2 && memory === 'tso' && realistic !== true ? { messages: 8 } : {};
}

/** The doorbell word of the sub core: a bit set by the master, taken down by the remote. */
const doorbell = fieldLocation(esp_amp_sw_intr_st_t, 'shared', 0, 'sub_core_sw_intr_st');

const plans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one buffer at a time on each side, without end',
    moreSlots: [8, 16, 32, 64],
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
    most: { sc: 4, tso: 4 },
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
    most: { sc: 4, tso: 4 },
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

function scenario(plan: Plan): Scenario {
  const indexModulus = ({ slots, realistic }: ScenarioParams): number =>
    realistic === true ? FULL_MODULUS : (plan.modulus?.(slots) ?? smallestModulus(slots));
  return {
    name: plan.name,
    title: plan.title,
    defaultSlots: plan.only === undefined ? [1, 2, 4] : [plan.only.slots],
    moreSlots: plan.moreSlots ?? [],
    indexModulus,
    bounds: (params) => plan.bounds?.(params) ?? {},
    refuse({ slots, memory, realistic }) {
      const most = realistic === true ? undefined : plan.most?.[memory];
      if (realistic === true && slots > 1024)
        return 'more than 1024 slots of real size do not fit the allocator';
      if (slots < 1 || slots > 32_768 || (slots & (slots - 1)) !== 0) {
        return `an ESP-AMP queue rounds its length up to a power of two, so ${slots} slots would be another number`;
      }
      if (plan.only !== undefined && slots !== plan.only.slots) {
        return `${plan.name} is made for ${plan.only.slots} slots: ${plan.only.because}`;
      }
      if (most !== undefined && slots > most)
        return `explored to ${most} slots under ${memory}; ${slots} takes too long`;
      return null;
    },
    expected: ({ defects: seeded }): Expectation => {
      if (seeded.length === 0) return 'proved';
      const here = defects.filter(
        ({ name, scenario: where }) => seeded.includes(name) && where === plan.name,
      );
      return here.length === 0 ? null : here.map(({ property }) => property);
    },
    system(params) {
      const { slots, defects: seeded, realistic } = params;
      const modulus = indexModulus(params);
      const itemSize = realistic === true ? realItemSize(slots) : 8;
      const title = `esp-amp ${plan.name}, ${slots} slots`;
      return plan.system(params, {
        title,
        slip: seeded.map((name) => slips[name]).find((slip) => slip !== undefined),
        tags: Math.min(modulus, realistic === true ? FULL_MODULUS : 2 * slots),
        length: () => (realistic === true ? itemSize : 4),
        platform: (more = {}) =>
          new Platform({
            title,
            slots,
            itemSize,
            indexModulus: modulus,
            classes: espAmpClasses(espAmpDefects.filter(({ name }) => seeded.includes(name))),
            ...more,
          }),
      });
    },
  };
}

export const espAmp: Target = {
  name: 'esp-amp',
  title: 'ESP-AMP queue (espressif/esp-amp, esp_amp_queue)',
  scenarios: plans.map(scenario),
  defects,
  memories: ['sc', 'tso'],
  properties: builtInProperties.map(({ name }) => name),
};
