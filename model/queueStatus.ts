/**
 * The statechart of one queue's life between resets (VirtIO 1.2, 2.6.1, 4.2.3.2): enabled, in use, reset on its own with
 * RING_RESET, enabled again. As in `deviceStatus.ts`, events of the driver happen when it writes, those of the device when
 * it stores the outcome, and what concerns a queue must be legal in both charts.
 */
import { type SnapshotFrom, setup } from 'xstate';
import { type LeafName, type TabledChart, tabledChart } from './chart.ts';
import type { DeviceStatusMeta } from './deviceStatus.ts';
import { type ChartTransition, chartTransitions } from './transitions.ts';

/** All events, in the order of their indices. */
export const queueStatusEvents = [
  'queue.enable',
  'queue.reset',
  'queue.reset.done',
  'reset.done',
  'expose',
  'kick',
  'use',
  'interrupt',
  'reclaim',
] as const;

/** The name of an event. */
export type QueueStatusEvent = (typeof queueStatusEvents)[number];

/** What is allowed in a state: the driver may do as it likes with the queue's memory and its buffers, or the device uses it. */
export type QueueStatusTag = 'may:reclaim' | 'may:use';

const queueStatusSetup = setup({
  // The cast is how XState is told types: at run time it does not look at this value.
  types: {} as {
    events: { readonly type: QueueStatusEvent };
    tags: QueueStatusTag;
    meta: DeviceStatusMeta;
  },
});

const use = (target: string) =>
  ({
    use: {
      target,
      description: 'The device consumes a buffer of the queue.',
      meta: { by: 'device', section: '2.6.1.1.1' },
    },
    interrupt: {
      target,
      description: 'The device sends a used buffer notification for the queue.',
      meta: { by: 'device', section: '2.6.1.1.1' },
    },
  }) as const;

const deviceReset = {
  'reset.done': {
    target: 'disabled',
    description: 'The device has confirmed a reset of the whole device.',
    meta: { by: 'device', section: '4.2.2.1' },
  },
} as const;

const expose = (target: string) =>
  ({
    expose: {
      target,
      description: 'The driver makes a buffer available.',
      meta: { by: 'driver', section: '2.6' },
    },
  }) as const;

/** The chart. */
export const queueStatusMachine = queueStatusSetup.createMachine({
  id: 'queue',
  description: 'The life of one queue.',
  initial: 'disabled',
  states: {
    disabled: {
      description: 'Not set up, or reset: its memory and its buffers are the driver’s alone.',
      tags: 'may:reclaim',
      on: {
        'queue.enable': {
          target: 'enabled',
          description: 'The driver has written size and addresses, and says that the queue is ready.',
          meta: { by: 'driver', section: '4.2.3.2' },
        },
        ...deviceReset,
        ...expose('disabled'),
        reclaim: {
          target: 'disabled',
          description:
            'The driver uses the memory of the queue, or a buffer that did not come back, for something else.',
          meta: { by: 'driver', section: '2.6.1.1.2' },
        },
      },
    },
    enabled: {
      description: 'Ready: once the device is live, both sides use it.',
      tags: 'may:use',
      on: {
        'queue.reset': {
          target: 'resetting',
          description: 'The driver asks the device to reset the queue.',
          meta: { by: 'driver', section: '2.6.1' },
        },
        ...deviceReset,
        ...expose('enabled'),
        kick: {
          target: 'enabled',
          description: 'The driver sends an available buffer notification for the queue.',
          meta: { by: 'driver', section: '2.9' },
        },
        ...use('enabled'),
      },
    },
    resetting: {
      description:
        'The driver has asked for a reset, and the device has not confirmed it: it may work on until then.',
      tags: 'may:use',
      on: {
        'queue.reset.done': {
          target: 'disabled',
          description: 'The device confirms. From here on it leaves the queue alone.',
          meta: { by: 'device', section: '2.6.1.1.1' },
        },
        ...deviceReset,
        ...use('resetting'),
      },
    },
  },
});

/** The name of a state of the chart. */
export type QueueStatusState = LeafName<SnapshotFrom<typeof queueStatusMachine>['value']>;

/** The chart as a dense table, with its names. */
export const queueStatusTable: TabledChart<QueueStatusState, QueueStatusEvent> = tabledChart(
  queueStatusMachine,
  queueStatusEvents,
  'queue status',
);

/** One arrow of the chart. */
export type QueueStatusArrow = ChartTransition<QueueStatusState, QueueStatusEvent, DeviceStatusMeta>;

/** All transitions, ordered by the index of their source, then of their event. */
export const queueStatusTransitions: readonly QueueStatusArrow[] = chartTransitions(queueStatusTable);
