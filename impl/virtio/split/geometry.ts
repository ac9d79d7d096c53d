/** Names for the memories of a split virtqueue, and a start in the middle of its indices. */
import { type Fields, type LayoutMap, type MemoryPort, struct, u16, viewOf } from '../../../memory/index.ts';
import {
  type SplitGeometry,
  split_avail_t,
  split_desc_t,
  split_event_t,
  split_used_elem_t,
  split_used_t,
  splitGeometry,
} from './layout.ts';
import { split_chain_private_t, split_desc_private_t, split_device_t, split_driver_t } from './privates.ts';

/** The event fields under the names that the specification gives them. */
const usedEventName = struct('virtq_avail', { used_event: u16('relaxed') });
const availEventName = struct('virtq_used', { avail_event: u16('relaxed') });

/**
 * Names a queue as the specification does: `desc[2].flags`, `avail.idx`, `avail.ring[1]`, `avail.used_event`,
 * `used.ring[0].id`, `used.avail_event`; with `name.` before each unless it is ''. @param base byte offset in shared
 * memory. @param size in descriptors.
 */
export function placeSplitVirtqueue(map: LayoutMap, base: number, size: number, name = ''): void {
  const { desc, avail, usedEvent, used, availEvent } = splitGeometry(base, size);
  const prefix = name === '' ? '' : `${name}.`;
  map.place(`${prefix}desc`, 'shared', split_desc_t, desc, size);
  map.place(`${prefix}avail`, 'shared', split_avail_t, avail);
  // The entries are bare numbers, without a field of which they could bear the name.
  map.place(`${prefix}avail`, 'shared', struct('virtq_avail', ringFields(size)), avail + split_avail_t.bytes);
  map.place(`${prefix}avail`, 'shared', usedEventName, usedEvent);
  map.place(`${prefix}used`, 'shared', split_used_t, used);
  map.place(`${prefix}used.ring`, 'shared', split_used_elem_t, used + split_used_t.bytes, size);
  map.place(`${prefix}used`, 'shared', availEventName, availEvent);
}

/** Names indirect tables: `table[1][0].addr`. @param tables number of them. @param entries of each. */
export function placeSplitTables(
  map: LayoutMap,
  name: string,
  base: number,
  tables: number,
  entries: number,
): void {
  for (let i = 0; i < tables; i++)
    map.place(`${name}[${i}]`, 'shared', split_desc_t, base + i * entries * split_desc_t.bytes, entries);
}

/** Names a driver: `name.free_count`, `name.desc[0].next`. @param handle byte offset in core-local memory. */
export function placeSplitDriver(map: LayoutMap, name: string, handle: number, size: number): void {
  map.place(name, 'local', split_driver_t, handle);
  map.place(`${name}.desc`, 'local', split_desc_private_t, handle + split_driver_t.bytes, size);
}

/** Names a device: `name.last_avail`, `name.chain[0].held`. @param handle byte offset in core-local memory. */
export function placeSplitDevice(map: LayoutMap, name: string, handle: number, size: number): void {
  map.place(name, 'local', split_device_t, handle);
  map.place(`${name}.chain`, 'local', split_chain_private_t, handle + split_device_t.bytes, size);
}

/**
 * Moves a queue that both sides have just set up on to any index, as if so many chains had gone round and none were left.
 * For setups that lead over the wrap at once; no step of the protocol. @param handles of the two sides, each in the
 * core-local memory of its port. @param index 0..index modulus - 1.
 */
export function startSplitAt(
  driverPort: MemoryPort,
  devicePort: MemoryPort,
  handles: { readonly driver: number; readonly device: number },
  geometry: SplitGeometry,
  index: number,
): void {
  const driver = viewOf(split_driver_t, driverPort, 'local', handles.driver);
  driver.avail_idx = index;
  driver.last_used = index;
  const device = viewOf(split_device_t, devicePort, 'local', handles.device);
  device.last_avail = index;
  device.used_idx = index;
  viewOf(split_avail_t, driverPort, 'shared', geometry.avail).idx = index;
  viewOf(split_event_t, driverPort, 'shared', geometry.usedEvent).event = index;
  viewOf(split_used_t, devicePort, 'shared', geometry.used).idx = index;
  viewOf(split_event_t, devicePort, 'shared', geometry.availEvent).event = index;
}

function ringFields(size: number): Fields {
  return Object.fromEntries(Array.from({ length: size }, (_, i) => [`ring[${i}]`, u16('plain')]));
}
