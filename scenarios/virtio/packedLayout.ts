/** The packed layout, as the scenarios need it. */
import {
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PACKED_NEXT,
  PACKED_USED,
  PACKED_WRITE,
  packed_buffer_private_t,
  packed_desc_t,
  packed_device_t,
  packed_driver_t,
  packed_event_t,
  packed_table_entry_t,
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
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_CHAIN_TOO_LONG,
} from '../../impl/index.ts';
import { fieldLocation } from '../../memory/index.ts';
import type { StateView } from '../../properties/index.ts';
import { packedClauses } from './clauses/index.ts';
import type { WickedStore } from './hostile.ts';
import type { Layout, OutChain, QueuePlace } from './layout.ts';

const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;

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

/** Stores to fields of one descriptor. */
function stores(
  struct: typeof packed_desc_t | typeof packed_table_entry_t,
  base: number,
  values: Partial<Record<keyof typeof packed_desc_t.fields, readonly number[]>>,
): WickedStore[] {
  return Object.entries(values).flatMap(([name, each]) =>
    (each as readonly number[]).map((value) => ({
      at: fieldLocation<typeof packed_desc_t.fields>(
        struct,
        'shared',
        base,
        name as keyof typeof packed_desc_t.fields,
      ),
      value,
    })),
  );
}

function wickedDriver({ base, size }: QueuePlace, tables: number | null): readonly WickedStore[] {
  const { ring, driverEvent } = packedGeometry(base, size);
  const last = ring + (size - 1) * packed_desc_t.bytes;
  const flags = [
    PACKED_NEXT,
    PACKED_WRITE | PACKED_NEXT,
    PACKED_INDIRECT,
    PACKED_INDIRECT | PACKED_NEXT,
    0,
  ].map((bits) => PACKED_AVAIL | bits);
  return [
    { at: fieldLocation(packed_event_t, 'shared', driverEvent, 'word'), value: MAX_32 },
    ...stores(packed_desc_t, ring, {
      addr: [base],
      addr_high: [1],
      len: tables === null ? [0, 16, MAX_32] : [0, MAX_32],
      id: [size, size - 1],
      flags,
    }),
    ...(size === 1 ? [] : stores(packed_desc_t, last, { flags, id: [0] })),
    ...(tables === null
      ? []
      : stores(packed_table_entry_t, tables, { addr: [base], len: [0], flags: [MAX_16] })),
  ];
}

function wickedDevice({ base, size }: QueuePlace): readonly WickedStore[] {
  const { ring, deviceEvent } = packedGeometry(base, size);
  const used = PACKED_AVAIL | PACKED_USED;
  return [
    { at: fieldLocation(packed_event_t, 'shared', deviceEvent, 'word'), value: MAX_32 },
    ...stores(packed_desc_t, ring, {
      id: [size, size - 1, MAX_16],
      len: [3, MAX_32],
      flags: [used, used | PACKED_WRITE],
    }),
  ];
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
  wickedStores: (by, place, tables) => (by === 'driver' ? wickedDriver(place, tables) : wickedDevice(place)),
  foundInDrivers: (size) => [
    VIRTIO_BAD_BUFFER,
    VIRTIO_BAD_HEAD,
    VIRTIO_CHAIN_TOO_LONG,
    VIRTIO_BAD_INDIRECT,
    ...(size > 1 ? [VIRTIO_BAD_ORDER, VIRTIO_BAD_INDEX] : []),
  ],
  foundInDevices: () => [VIRTIO_BAD_USED_LENGTH, VIRTIO_BAD_USED_ID],
  out,
  free,
};
