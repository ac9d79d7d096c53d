/**
 * The clauses of VirtIO 1.2 as monitors: what the specification asks of a driver and of a device, one property for each part
 * of it. They judge accesses to memory by where they lie, so any implementation of a layout can be judged.
 */
import type { PackedGeometry, SplitGeometry } from '../../../impl/index.ts';
import type { Property } from '../../../properties/index.ts';
import { lifecycleClauses } from './lifecycle.ts';
import type { ClauseOptions } from './options.ts';
import { packedDeviceClauses } from './packedDevice.ts';
import { packedDriverClauses } from './packedDriver.ts';
import { PackedQueue } from './packedQueue.ts';
import { splitBarrierClauses } from './splitBarriers.ts';
import { splitChainClauses } from './splitChains.ts';
import { splitNotificationClauses } from './splitNotification.ts';
import { splitPayloadClauses } from './splitPayload.ts';
import { fieldIn, SplitQueue } from './splitQueue.ts';

export type { ClauseOptions, ClauseRegisters, NotificationAction } from './options.ts';

/**
 * The clauses of the split virtqueue (2.7), and those of devices that concern it; first the driver's, by their numbers. The
 * system needs `watchAccesses`.
 */
export function splitClauses(options: ClauseOptions<SplitGeometry>): readonly Property[] {
  const queue = new SplitQueue(options);
  return inOrder([
    ...splitChainClauses(queue),
    ...splitNotificationClauses(queue),
    ...splitBarrierClauses(queue),
    ...splitPayloadClauses(queue),
    ...lifecycleClauses({
      options,
      fields: queue.fields,
      initial: (part, index, field) => queue.initial(part, index, field),
      parts: ['desc', 'table', 'avail', 'ring', 'usedEvent', 'used', 'entry', 'availEvent'],
      isDriver: (event) => queue.isDriver(event),
      isDevice: (event) => queue.isDevice(event),
      isKick: queue.isKick,
      isInterrupt: queue.isInterrupt,
      consumes: (event, fields) =>
        event.kind === 'access' && !event.writes && fieldIn(fields, 'ring', 'head') !== null,
    }),
  ]);
}

/** The clauses of the packed virtqueue (2.8), and those of devices that concern it. The system needs `watchAccesses`. */
export function packedClauses(options: ClauseOptions<PackedGeometry>): readonly Property[] {
  const queue = new PackedQueue(options);
  return inOrder([
    ...packedDriverClauses(queue),
    ...packedDeviceClauses(queue),
    ...lifecycleClauses({
      options,
      fields: queue.fields,
      initial: (part, index, field) => queue.initial(part, index, field),
      parts: ['desc', 'table', 'driverEvent', 'deviceEvent'],
      isDriver: (event) => queue.isDriver(event),
      isDevice: (event) => queue.isDevice(event),
      isKick: queue.isKick,
      isInterrupt: queue.isInterrupt,
      consumes: (event, fields) =>
        event.kind === 'access' && !event.writes && fieldIn(fields, 'desc', 'addr') !== null,
    }),
  ]);
}

/** First by whom they bind, then by their numbers; derived ones come last. */
function inOrder(clauses: readonly Property[]): readonly Property[] {
  const rank = ({ clause }: Property): number => {
    const [, kind = '', number = '0'] = /^([A-Z]+)(\d+)$/.exec(clause?.id ?? '') ?? [];
    const derived = clause?.level === 'derived' ? 1000 : 0;
    return derived + (kind.endsWith('D') ? 0 : 100) + Number(number);
  };
  return [...clauses].sort((a, b) => rank(a) - rank(b));
}
