/** The packed layout, as the scenarios need it. */
import {
  packed_buffer_private_t,
  packed_device_t,
  packed_driver_t,
  packedClasses,
  packedDefects,
  packedDeviceBytes,
  packedDriverBytes,
  packedGeometry,
  placePackedDevice,
  placePackedDriver,
  placePackedTables,
  placePackedVirtqueue,
  startPackedAt,
} from '../../impl/index.ts';
import { fieldLocation } from '../../memory/index.ts';
import type { StateView } from '../../properties/index.ts';
import { packedClauses } from './clauses/index.ts';
import type { Layout, OutChain, QueuePlace } from './layout.ts';

function ofDriver(
  view: StateView,
  { handle, driverCore }: QueuePlace,
  name: keyof typeof packed_driver_t.fields,
): number {
  return view.load(fieldLocation(packed_driver_t, 'local', handle, name), driverCore);
}

function ofDevice(
  view: StateView,
  { handle, deviceCore }: QueuePlace,
  name: keyof typeof packed_device_t.fields,
): number {
  return view.load(fieldLocation(packed_device_t, 'local', handle, name), deviceCore);
}

/** What the driver keeps of one id. */
function ofId(
  view: StateView,
  { handle, driverCore }: QueuePlace,
  name: keyof typeof packed_buffer_private_t.fields,
  id: number,
): number {
  const at = handle + packed_driver_t.bytes + id * packed_buffer_private_t.bytes;
  return view.load(fieldLocation(packed_buffer_private_t, 'local', at, name), driverCore);
}

/** A list is known by its id; which slots of the ring it takes is of no account once it has been read. */
function out(view: StateView, place: QueuePlace): readonly OutChain[] {
  return Array.from({ length: place.size }, (_, id) => id).flatMap((id) =>
    ofId(view, place, 'slots', id) === 0
      ? []
      : [{ head: id, token: ofId(view, place, 'token', id), descriptors: [id] }],
  );
}

function free(view: StateView, place: QueuePlace): readonly number[] {
  const ids: number[] = [];
  for (let id = ofDriver(view, place, 'free_id'); id < place.size && ids.length <= place.size; ) {
    ids.push(id);
    id = ofId(view, place, 'next', id);
  }
  return ids;
}

export const packedLayout: Layout = {
  name: 'packed',
  refuse: (size) =>
    Number.isInteger(size) && size >= 1 && size <= 32_768
      ? null
      : `a packed virtqueue has 1 to 32768 descriptors: not ${size}`,
  smallestModulus: () => null,
  classes: (defects) => packedClasses(packedDefects.filter(({ name }) => defects.includes(name))),
  queueBytes: (size) => packedGeometry(0, size).end,
  driverBytes: packedDriverBytes,
  deviceBytes: packedDeviceBytes,
  nameQueue: (map, { base, size }, halves) => placePackedVirtqueue(map, base, size, '', halves),
  nameTables: (map, base, tables, entries) => placePackedTables(map, 'table', base, tables, entries),
  nameDriver: (map, { handle, size }) => placePackedDriver(map, 'driver', handle, size),
  nameDevice: (map, { handle, size }) => placePackedDevice(map, 'device', handle, size),
  advance(driver, device, { base, size, handle }, entries) {
    const wrap = Math.floor(entries / size) % 2 === 0 ? 1 : 0;
    const handles = { driver: handle, device: handle };
    startPackedAt(driver, device, handles, packedGeometry(base, size), entries % size, wrap);
  },
  clauses: ({ base, size, driverCore, deviceCore }, options) =>
    packedClauses({ geometry: packedGeometry(base, size), driverCore, deviceCore, ...options }),
  isHome(view, place) {
    const { size } = place;
    const cursor = ofDriver(view, place, 'next_avail');
    return (
      ofDriver(view, place, 'next_used') === cursor &&
      ofDevice(view, place, 'next_avail') === cursor &&
      ofDevice(view, place, 'next_used') === cursor &&
      ofDriver(view, place, 'free_slots') === size &&
      ofDevice(view, place, 'held') === 0
    );
  },
  out,
  free,
};
