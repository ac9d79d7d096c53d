/**
 * The statecharts of the device status and of the queue, as a property: nobody does what is not allowed in their states.
 * What is written to registers is judged by the stores themselves; what is done with the queue, by its operations.
 */
import {
  type Features,
  featureWords,
  queueRegisterLocation,
  type RegisterGeometry,
  registerLocation,
  STATUS_DRIVER_OK,
  STATUS_WRITTEN,
  statusEventsOfDevice,
  statusEventsOfDriver,
  VIRTIO_OK,
} from '../../impl/index.ts';
import { offsetOf } from '../../memory/index.ts';
import { deviceStatusTable, ILLEGAL, queueStatusTable, type TabledChart } from '../../model/index.ts';
import type { AccessEvent, CallEvent, Property, ReturnEvent, Words } from '../../properties/index.ts';
import { DEVICE_CORE, DRIVER_CORE } from './platform.ts';

export const statusChartsName = 'device-status';

/** Words: index of the device's state, and of the queue's; ... */
const DEVICE_STATE = 0;
const QUEUE_STATE = 1;
/** ... the status as the device has it, and as the driver has asked; ... */
const STATUS = 2;
const ASKED = 3;
/** ... 1 while the device owes the driver a configuration change notification. */
const OWED = 4;
const WORDS = 5;

/** What was done, in the words of the charts. A string is what breaks a rule outright. */
type Said = readonly string[] | string;

const NOTHING: Said = [];

/** A call comes no later than the operation's first access. */
function saidByCall({ operation, core }: CallEvent): Said {
  switch (operation) {
    case 'init':
      // The device's side has no memory of the queue to zero.
      return core === DRIVER_CORE ? ['reclaim'] : NOTHING;
    case 'expose':
      return ['expose'];
    case 'giveBack':
      return ['use'];
    case 'notify':
      return core === DEVICE_CORE ? ['interrupt'] : ['kick'];
    case 'configChange':
      return ['config.change'];
    default:
      return NOTHING;
  }
}

function saidByReturn({ operation, result }: ReturnEvent, state: Words): Said {
  if (operation === 'needsReset' && state.get(OWED) !== 0)
    return 'the device needs a reset, and has not told the driver of a configuration change';
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

/** Of a device that was just switched on, with one queue. @param offered by it. */
export function statusCharts(registers: RegisterGeometry, offered: Features): Property {
  const { said, minds } = registerJudge(registers, offered);
  return {
    name: statusChartsName,
    title:
      'virtio 1.2 §2.1, §2.2, §2.4, §2.6.1, §3.1.1: each step in its turn; no buffer used and nobody notified out of season.',
    monitor: () => ({
      words: WORDS,
      start(state) {
        state.set(DEVICE_STATE, deviceStatusTable.initial);
        state.set(QUEUE_STATE, queueStatusTable.initial);
      },
      listens: (event) =>
        event.kind === 'call' || event.kind === 'return' || (event.kind === 'access' && minds(event)),
      step(state, event) {
        if (event.kind === 'access') return judge(state, event.name, said(event, state));
        if (event.kind === 'call') {
          if (event.operation === 'configChange') state.set(OWED, 0);
          return judge(state, event.operation, saidByCall(event));
        }
        return event.kind === 'return' ? judge(state, event.operation, saidByReturn(event, state)) : null;
      },
    }),
  };
}

function judge(state: Words, where: string, said: Said): string | null {
  if (typeof said === 'string') return said;
  for (const name of said) {
    const device = move(deviceStatusTable, state, DEVICE_STATE, name);
    if (device !== null) return `${where}: '${name}' is not allowed while the device is '${device}'`;
    const queue = move(queueStatusTable, state, QUEUE_STATE, name);
    if (queue !== null) return `${where}: '${name}' is not allowed while the queue is '${queue}'`;
  }
  return null;
}

/** What stores to registers say; the status words follow them. */
function registerJudge(registers: RegisterGeometry, offered: Features) {
  const [status, statusWrite, features, featuresHigh] = (
    ['status', 'status_write', 'driver_features', 'driver_features_high'] as const
  ).map((name) => offsetOf(registerLocation(registers, name)));
  const [ready, reset] = (['ready', 'reset'] as const).map((name) =>
    offsetOf(queueRegisterLocation(registers, 0, name)),
  );
  const [low, high] = featureWords(offered);
  const resetting = queueStatusTable.stateIndex('resetting');

  const byDriver = (byteOffset: number, value: number, state: Words): Said => {
    switch (byteOffset) {
      case statusWrite: {
        const events = statusEventsOfDriver(state.get(STATUS), value);
        state.set(ASKED, (value & ~STATUS_WRITTEN) >>> 0);
        return events ?? 'the driver cleared a bit of the device status';
      }
      case features:
      case featuresHigh:
        if ((value & ~(byteOffset === features ? low : high)) !== 0)
          return 'the driver accepted a feature that was not offered';
        return ['negotiate'];
      case ready:
        return ['queue.enable'];
      case reset:
        return ['queue.reset'];
      default:
        return NOTHING;
    }
  };
  const byDevice = (byteOffset: number, value: number, state: Words): Said => {
    if (byteOffset === status) {
      const events = statusEventsOfDevice(state.get(STATUS), value, state.get(ASKED));
      state.set(STATUS, value);
      if (value === 0) state.set(OWED, 0);
      if (events.includes('needs.reset') && (value & STATUS_DRIVER_OK) !== 0) state.set(OWED, 1);
      return events;
    }
    // The reset of the whole device clears it, too.
    return byteOffset === reset && state.get(QUEUE_STATE) === resetting ? ['queue.reset.done'] : NOTHING;
  };
  return {
    minds: ({ writes, byteOffset }: AccessEvent): boolean =>
      writes && byteOffset >= registers.base && byteOffset < registers.end,
    said: ({ core, byteOffset, value }: AccessEvent, state: Words): Said =>
      core === DRIVER_CORE
        ? byDriver(byteOffset, value ?? 0, state)
        : byDevice(byteOffset, value ?? 0, state),
  };
}
