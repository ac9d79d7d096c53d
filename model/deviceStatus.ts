/**
 * The statechart of a VirtIO device's life (VirtIO 1.2, 2.1, 2.2, 2.4, 3.1.1): what its status says, who may change it,
 * and what either side may do meanwhile. The single source of truth; table, picture and page are derived from it.
 *
 * Events of the driver happen when it writes, those of the device when it stores the outcome. So there is a state between
 * a request and its answer: `negotiating` before the device has said whether it accepts the features, `resetting` before
 * it has confirmed a reset. What a side does in a state (`expose`, `kick`, `use`, `interrupt`) leads back to the state:
 * an event that a state has no arrow for is illegal there.
 *
 * A driver that sets DRIVER_OK may start at once; a device may start as soon as it has seen that. Bits are never cleared,
 * so a device that was live works on until it has confirmed a reset, whatever else its status says: the children `live`
 * and `early` of `broken`, `failed` and `resetting` keep apart whether it was. What the standard leaves open is allowed,
 * but for one thing: a driver that has set FAILED has given up, and uses the device no more.
 *
 * One queue's reset (2.6.1) is a chart of its own (`queueStatus.ts`): what concerns a queue must be legal in both.
 */
import { type SnapshotFrom, setup } from 'xstate';
import { type LeafName, type TabledChart, tabledChart } from './chart.ts';
import { type ChartTransition, chartTransitions } from './transitions.ts';

/** All events, in the order of their indices. Names are lower case, with dots. */
export const deviceStatusEvents = [
  'reset',
  'reset.done',
  'acknowledge',
  'drive',
  'negotiate',
  'features.ok',
  'features.accept',
  'features.refuse',
  'queue.enable',
  'expose',
  'driver.ok',
  'kick',
  'use',
  'interrupt',
  'needs.reset',
  'config.change',
  'fail',
] as const;

/** The name of an event. */
export type DeviceStatusEvent = (typeof deviceStatusEvents)[number];

/** What a transition says about its event: who causes it, and where the standard speaks of it. */
export type DeviceStatusMeta = {
  readonly by: 'driver' | 'device';
  /** Section of VirtIO 1.2. */
  readonly section: string;
};

/** Tags by which a state says what is allowed in it: the driver sets queues up, it kicks, the device uses buffers. */
export type DeviceStatusTag = 'may:set-up' | 'may:kick' | 'may:use';

const by = (
  who: DeviceStatusMeta['by'],
  section: string,
): ((target: string, description: string) => DeviceStatusTransition) => {
  return (target, description) => ({ target, description, meta: { by: who, section } });
};

type DeviceStatusTransition = {
  readonly target: string;
  readonly description: string;
  readonly meta: DeviceStatusMeta;
};

/** `#device.live`, from anywhere. */
const at = (state: string): string => `#device.${state}`;

const reset = (to: 'early' | 'live') => ({
  reset: by('driver', '2.4')(at(`resetting.${to}`), 'The driver writes 0 to the status.'),
});
const fail = (to: 'early' | 'live') => ({
  fail: by('driver', '2.1.1')(at(`failed.${to}`), 'The driver gives up: it sets FAILED.'),
});
const breakDown = (to: 'early' | 'live') => ({
  'needs.reset': by('device', '2.1.2')(
    at(`broken.${to}`),
    'The device meets an error that it cannot recover from: it sets DEVICE_NEEDS_RESET.',
  ),
});
/** Of a device that has not seen yet what the driver wrote. */
const breakDownLate = (state: string) => ({
  'needs.reset': by('device', '2.1.2')(at(state), 'The device meets an error all the same.'),
});
const setUp = (state: string) => ({
  'queue.enable': by('driver', '4.2.3.2')(at(state), 'The driver sets a queue up.'),
  expose: by('driver', '3.1.1')(at(state), 'The driver makes a buffer available.'),
});
const kick = (state: string) => ({
  kick: by('driver', '3.1.1')(at(state), 'The driver sends an available buffer notification.'),
});
const use = (state: string) => ({
  use: by('device', '2.1.2')(at(state), 'The device consumes a buffer: it reads the queue, or writes to it.'),
  interrupt: by('device', '2.1.2')(at(state), 'The device sends a used buffer notification.'),
});
const configChange = (state: string) => ({
  'config.change': by('device', '2.1.2')(
    at(state),
    'The device sends a configuration change notification: because it needs a reset, for one thing.',
  ),
});

const deviceStatusSetup = setup({
  // The cast is how XState is told types: at run time it does not look at this value.
  types: {} as {
    events: { readonly type: DeviceStatusEvent };
    tags: DeviceStatusTag;
    meta: DeviceStatusMeta;
  },
});

/** The chart. It has no context, guards or actions: a state name is all there is to a device. */
export const deviceStatusMachine = deviceStatusSetup.createMachine({
  id: 'device',
  description: 'The life of a device.',
  initial: 'reset',
  states: {
    reset: {
      description: 'Status 0: after power on, or a reset that the device has confirmed.',
      on: {
        ...reset('early'),
        acknowledge: by('driver', '3.1.1')(at('acknowledged'), 'The driver sets ACKNOWLEDGE.'),
      },
    },
    acknowledged: {
      description: 'ACKNOWLEDGE: the guest has found the device.',
      on: {
        ...reset('early'),
        drive: by('driver', '3.1.1')(at('driven'), 'The driver sets DRIVER.'),
        ...fail('early'),
      },
    },
    driven: {
      description: 'DRIVER: the guest knows how to drive the device, and chooses features.',
      on: {
        ...reset('early'),
        negotiate: by('driver', '3.1.1')(at('driven'), 'The driver writes the features that it accepts.'),
        'features.ok': by('driver', '3.1.1')(at('negotiating'), 'The driver sets FEATURES_OK.'),
        ...fail('early'),
      },
    },
    negotiating: {
      description: 'The driver has set FEATURES_OK, and does not know yet whether the device keeps it.',
      on: {
        ...reset('early'),
        'features.accept': by('device', '2.2.2')(at('negotiated'), 'The device keeps FEATURES_OK.'),
        'features.refuse': by('device', '2.2.2')(at('refused'), 'The device does not set FEATURES_OK.'),
      },
    },
    refused: {
      description:
        'Without FEATURES_OK: the device is unusable as it is. A driver that did not look may not see it.',
      on: { ...reset('early'), ...fail('early') },
    },
    negotiated: {
      description: 'FEATURES_OK: queues are set up, and may be filled.',
      tags: 'may:set-up',
      on: {
        ...reset('early'),
        ...setUp('negotiated'),
        'driver.ok': by('driver', '3.1.1')(at('live'), 'The driver sets DRIVER_OK.'),
        ...breakDown('early'),
        ...fail('early'),
      },
    },
    live: {
      description: 'DRIVER_OK: either side may do what it is for.',
      tags: ['may:set-up', 'may:kick', 'may:use'],
      on: {
        ...reset('live'),
        ...setUp('live'),
        ...kick('live'),
        ...use('live'),
        ...breakDown('live'),
        ...configChange('live'),
        ...fail('live'),
      },
    },
    broken: {
      description:
        'DEVICE_NEEDS_RESET. The driver may not have noticed; it cannot rely on any buffer coming back.',
      // Demanded by XState. Every transition names the child it enters, so the picture leaves this out.
      initial: 'early',
      states: {
        early: {
          description: 'Before DRIVER_OK.',
          tags: 'may:set-up',
          on: {
            ...reset('early'),
            ...setUp('broken.early'),
            'driver.ok': by('driver', '3.1.1')(at('broken.live'), 'The driver sets DRIVER_OK, unaware.'),
            ...breakDownLate('broken.early'),
            ...fail('early'),
          },
        },
        live: {
          description: 'After DRIVER_OK.',
          tags: ['may:set-up', 'may:kick', 'may:use'],
          on: {
            ...reset('live'),
            ...setUp('broken.live'),
            ...kick('broken.live'),
            ...use('broken.live'),
            ...breakDownLate('broken.live'),
            ...configChange('broken.live'),
            ...fail('live'),
          },
        },
      },
    },
    failed: {
      description: 'FAILED: the driver has given up. Only a reset leads on.',
      initial: 'early',
      states: {
        early: {
          description: 'Before DRIVER_OK.',
          on: { ...reset('early'), ...breakDownLate('failed.early') },
        },
        live: {
          description: 'After DRIVER_OK: the device may work on.',
          tags: 'may:use',
          on: {
            ...reset('live'),
            ...use('failed.live'),
            ...breakDownLate('failed.live'),
            ...configChange('failed.live'),
          },
        },
      },
    },
    resetting: {
      description: 'The driver has asked for a reset, and the device has not confirmed it yet.',
      initial: 'early',
      states: {
        early: {
          description: 'Of a device that was not live.',
          on: {
            ...reset('early'),
            'reset.done': by('device', '2.4.1')(at('reset'), 'The device sets the status to 0.'),
            ...breakDownLate('resetting.early'),
          },
        },
        live: {
          description: 'Of a device that was live, and may work on until it confirms.',
          tags: 'may:use',
          on: {
            ...reset('live'),
            'reset.done': by('device', '2.4.1')(
              at('reset'),
              'The device sets the status to 0. From here on it leaves the queues alone.',
            ),
            ...use('resetting.live'),
            ...breakDownLate('resetting.live'),
            ...configChange('resetting.live'),
          },
        },
      },
    },
  },
});

/** The name of a leaf state of the chart, with dots: `resetting.live`. */
export type DeviceStatusState = LeafName<SnapshotFrom<typeof deviceStatusMachine>['value']>;

/** The chart as a dense table, with its names. */
export const deviceStatusTable: TabledChart<DeviceStatusState, DeviceStatusEvent> = tabledChart(
  deviceStatusMachine,
  deviceStatusEvents,
  'device status',
);

/** One arrow of the chart. */
export type DeviceStatusArrow = ChartTransition<DeviceStatusState, DeviceStatusEvent, DeviceStatusMeta>;

/** All transitions, ordered by the index of their source, then of their event. */
export const deviceStatusTransitions: readonly DeviceStatusArrow[] = chartTransitions(deviceStatusTable);
