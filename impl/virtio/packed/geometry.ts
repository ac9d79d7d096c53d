/** Names for the memories of a packed virtqueue, and a start anywhere in its ring. */
import { arrayOf, type LayoutMap, type MemoryPort, viewOf } from '../../../memory/index.ts';
import { packedCursor } from './cursor.ts';
import {
  PACKED_AVAIL,
  PACKED_USED,
  type PackedGeometry,
  packed_desc_t,
  packed_event_halves_t,
  packed_event_t,
  packed_table_entry_t,
  packedGeometry,
} from './layout.ts';
import {
  packed_buffer_private_t,
  packed_device_t,
  packed_driver_t,
  packed_list_private_t,
} from './privates.ts';

/**
 * Names a queue: `desc[1].flags`, `driver_event.word`, `device_event.word`; with `name.` before each unless it is ''.
 * @param base byte offset in shared memory. @param size in slots. @param halves the event structures are accessed by
 * 16 bits: `driver_event.flags`, `driver_event.desc`.
 */
export function placePackedVirtqueue(
  map: LayoutMap,
  base: number,
  size: number,
  name = '',
  halves = false,
): void {
  const { ring, driverEvent, deviceEvent } = packedGeometry(base, size);
  const prefix = name === '' ? '' : `${name}.`;
  map.place(`${prefix}desc`, 'shared', packed_desc_t, ring, size);
  for (const [event, at] of [
    ['driver_event', driverEvent],
    ['device_event', deviceEvent],
  ] as const) {
    if (halves) map.place(prefix + event, 'shared', packed_event_halves_t, at);
    else map.place(prefix + event, 'shared', packed_event_t, at);
  }
}

/** Names indirect tables: `table[1][0].addr`. @param tables number of them. @param entries of each. */
export function placePackedTables(
  map: LayoutMap,
  name: string,
  base: number,
  tables: number,
  entries: number,
): void {
  for (let i = 0; i < tables; i++) {
    const at = base + i * entries * packed_table_entry_t.bytes;
    map.place(`${name}[${i}]`, 'shared', packed_table_entry_t, at, entries);
  }
}

/** Names a driver: `name.next_avail`, `name.buffer[0].token`. @param handle byte offset in core-local memory. */
export function placePackedDriver(map: LayoutMap, name: string, handle: number, size: number): void {
  map.place(name, 'local', packed_driver_t, handle);
  map.place(`${name}.buffer`, 'local', packed_buffer_private_t, handle + packed_driver_t.bytes, size);
}

/** Names a device: `name.next_used`, `name.list[0].slots`. @param handle byte offset in core-local memory. */
export function placePackedDevice(map: LayoutMap, name: string, handle: number, size: number): void {
  map.place(name, 'local', packed_device_t, handle);
  map.place(`${name}.list`, 'local', packed_list_private_t, handle + packed_device_t.bytes, size);
}

/**
 * Moves a queue that both sides have just set up on to any slot and wrap counter, as if lists of one slot had gone round
 * and none were left. For setups that lead over the wrap at once; no step of the protocol. @param handles of the two
 * sides, each in the core-local memory of its port. @param slot 0..size - 1. @param wrap 0 or 1.
 */
export function startPackedAt(
  driverPort: MemoryPort,
  devicePort: MemoryPort,
  handles: { readonly driver: number; readonly device: number },
  geometry: PackedGeometry,
  slot: number,
  wrap: number,
): void {
  const cursor = packedCursor(slot, wrap);
  const driver = viewOf(packed_driver_t, driverPort, 'local', handles.driver);
  driver.next_avail = cursor;
  driver.next_used = cursor;
  const device = viewOf(packed_device_t, devicePort, 'local', handles.device);
  device.next_avail = cursor;
  device.next_used = cursor;
  const { size, ring } = geometry;
  const desc = arrayOf(packed_desc_t, driverPort, 'shared', ring, size);
  for (let at = 0; at < size; at++) {
    // Those before the cursor were used in this lap, the others in the one before; zero is the lap before the first.
    const lap = at < slot ? wrap : 1 - wrap;
    desc.at(at).flags = lap === 1 ? PACKED_AVAIL | PACKED_USED : 0;
  }
}
