/**
 * The clauses of VirtIO 1.2 as monitors: what the specification asks of a driver and of a device, one property for each part
 * of it. They judge accesses to memory by where they lie, so any implementation of a layout can be judged.
 */
import type { PackedGeometry, SplitGeometry } from '../../../impl/index.ts';
import type { Property } from '../../../properties/index.ts';
import type { ClauseOptions } from './options.ts';

export type { ClauseOptions, ClauseRegisters, NotificationAction } from './options.ts';

/** The clauses of the split virtqueue (2.7), and those of devices that concern it. The system needs `watchAccesses`. */
export function splitClauses(_options: ClauseOptions<SplitGeometry>): readonly Property[] {
  return [];
}

/** The clauses of the packed virtqueue (2.8), and those of devices that concern it. The system needs `watchAccesses`. */
export function packedClauses(_options: ClauseOptions<PackedGeometry>): readonly Property[] {
  return [];
}
