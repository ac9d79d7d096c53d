/** The statecharts of the device status and of the queue, as a property: nobody does what is not allowed in their states. */
import { statusEventsOfDevice, statusEventsOfDriver, VIRTIO_OK } from '../../impl/index.ts';
import {
  type DeviceStatusState,
  deviceStatusTable,
  ILLEGAL,
  type QueueStatusState,
  queueStatusTable,
  type TabledChart,
} from '../../model/index.ts';
import type { CallEvent, Property, ReturnEvent, Words } from '../../properties/index.ts';
import { DEVICE_CORE, DRIVER_CORE } from './platform.ts';

export const statusChartsName = 'device-status';

/** Words: index of the device's state, of the queue's; the status as the device has it, and as the driver has asked. */
const DEVICE_STATE = 0;
const QUEUE_STATE = 1;
const STATUS = 2;
const ASKED = 3;

/** What the operations do, in the words of the charts. A string is what breaks a rule outright. */
type Said = readonly string[] | string;

const NOTHING: Said = [];

/** Before the first access of the operation: a step that others can see comes no earlier. */
function saidByCall({ operation, args, core }: CallEvent, state: Words): Said {
  switch (operation) {
    case 'writeStatus':
      return (
        statusEventsOfDriver(state.get(STATUS), Number(args.status)) ??
        'the driver cleared a bit of the device status'
      );
    case 'presentStatus':
      return statusEventsOfDevice(state.get(STATUS), Number(args.status), state.get(ASKED));
    case 'confirmQueueReset':
      return ['queue.reset.done'];
    case 'enableQueue':
      return ['queue.enable'];
    case 'resetQueue':
      return ['queue.reset'];
    case 'init':
      // The device's side has no memory of the queue to zero.
      return core === DRIVER_CORE ? ['reclaim'] : NOTHING;
    case 'expose':
      return ['expose'];
    case 'sendNotification':
      return ['kick'];
    case 'giveBack':
      return ['use'];
    case 'notify':
      return core === DEVICE_CORE ? ['interrupt'] : NOTHING;
    case 'configChange':
      return ['config.change'];
    default:
      return NOTHING;
  }
}

function saidByReturn({ operation, result }: ReturnEvent): Said {
  return operation === 'take' && result === VIRTIO_OK ? ['use'] : NOTHING;
}

/** Moves one chart, if it knows the event. Returns the name of the state in which it is illegal. */
function move<S extends string, E extends string>(
  chart: TabledChart<S, E>,
  state: Words,
  word: number,
  name: string,
): S | null {
  const event = chart.events.find((known) => known === name);
  if (event === undefined) return null;
  const from = state.get(word);
  const next = chart.next(from, chart.eventIndex(event));
  if (next === ILLEGAL) return chart.states[from] ?? null;
  state.set(word, next);
  return null;
}

/** Where device and queue begin, and the status that goes with it. */
export interface StatusStart {
  readonly device: DeviceStatusState;
  readonly queue: QueueStatusState;
  readonly status: number;
}

/** @param start of the system, in which no agent has done anything yet. */
export function statusCharts(start: StatusStart): Property {
  return {
    name: statusChartsName,
    title:
      'virtio 1.2 §2.1, §2.4, §2.6.1, §3.1.1: each step in its turn; no buffer used and nobody notified out of season.',
    monitor: () => ({
      words: 4,
      start(state) {
        state.set(DEVICE_STATE, deviceStatusTable.stateIndex(start.device));
        state.set(QUEUE_STATE, queueStatusTable.stateIndex(start.queue));
        state.set(STATUS, start.status);
        state.set(ASKED, start.status);
      },
      listens: ({ kind }) => kind === 'call' || kind === 'return',
      step(state, event) {
        if (event.kind !== 'call' && event.kind !== 'return') return null;
        const said = event.kind === 'call' ? saidByCall(event, state) : saidByReturn(event);
        if (typeof said === 'string') return said;
        for (const name of said) {
          const device = move(deviceStatusTable, state, DEVICE_STATE, name);
          if (device !== null)
            return `${event.operation}: '${name}' is not allowed while the device is '${device}'`;
          const queue = move(queueStatusTable, state, QUEUE_STATE, name);
          if (queue !== null)
            return `${event.operation}: '${name}' is not allowed while the queue is '${queue}'`;
        }
        if (event.kind === 'call' && event.operation === 'writeStatus')
          state.set(ASKED, Number(event.args.status));
        if (event.kind === 'call' && event.operation === 'presentStatus')
          state.set(STATUS, Number(event.args.status));
        return null;
      },
    }),
  };
}
