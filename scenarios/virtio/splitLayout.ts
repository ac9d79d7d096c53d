/** The split layout, as the scenarios need it. */
import {
  DESC_INDIRECT,
  DESC_NEXT,
  DESC_WRITE,
  placeSplitDevice,
  placeSplitDriver,
  placeSplitTables,
  placeSplitVirtqueue,
  split_avail_elem_t,
  split_avail_t,
  split_chain_private_t,
  split_desc_private_t,
  split_desc_t,
  split_device_t,
  split_driver_t,
  split_used_elem_t,
  split_used_t,
  splitClasses,
  splitDefects,
  splitDeviceBytes,
  splitDriverBytes,
  splitGeometry,
  startSplitAt,
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_CHAIN_TOO_LONG,
} from '../../impl/index.ts';
import { type Fields, fieldLocation, type Struct } from '../../memory/index.ts';
import type { StateView } from '../../properties/index.ts';
import { splitClauses } from './clauses/index.ts';
import type { WickedStore } from './hostile.ts';
import type { Layout, OutChain, QueuePlace } from './layout.ts';

const MAX_32 = 0xffff_ffff;

/** A field of the driver's or the device's private half. */
function privateField<F extends Fields>(
  struct: Struct<F>,
  base: number,
  name: keyof F & string,
  index = 0,
): Parameters<StateView['load']>[0] {
  return fieldLocation(struct, 'local', base + index * struct.bytes, name);
}

/** The descriptors of a chain of so many, or of the free list, from its first one on; never more than there are. */
function linked(
  view: StateView,
  { handle, size, driverCore }: QueuePlace,
  first: number,
  count: number,
): number[] {
  const descs = handle + split_driver_t.bytes;
  const met: number[] = [];
  for (let at = first; met.length < Math.min(count, size) && at < size; ) {
    met.push(at);
    at = view.load(privateField(split_desc_private_t, descs, 'next', at), driverCore);
  }
  return met;
}

function out(view: StateView, place: QueuePlace): readonly OutChain[] {
  const { handle, size, driverCore } = place;
  const descs = handle + split_driver_t.bytes;
  const load = (name: 'count' | 'token', index: number): number =>
    view.load(privateField(split_desc_private_t, descs, name, index), driverCore);
  return Array.from({ length: size }, (_, head) => head).flatMap((head) => {
    const count = load('count', head);
    return count === 0
      ? []
      : [{ head, token: load('token', head), descriptors: linked(view, place, head, count) }];
  });
}

function free(view: StateView, place: QueuePlace): readonly number[] {
  const { handle, driverCore } = place;
  const load = (name: 'free_head' | 'free_count'): number =>
    view.load(privateField(split_driver_t, handle, name), driverCore);
  return linked(view, place, load('free_head'), load('free_count'));
}

/** Stores to one field of elements of an array, which lies there. */
function stores<F extends Fields>(
  struct: Struct<F>,
  base: number,
  index: number,
  values: Partial<Record<keyof F & string, readonly number[]>>,
): WickedStore[] {
  return Object.entries(values).flatMap(([name, each]) =>
    (each as readonly number[]).map((value) => ({
      at: fieldLocation(struct, 'shared', base + index * struct.bytes, name),
      value,
    })),
  );
}

function wickedDriver({ base, size }: QueuePlace, tables: number | null): readonly WickedStore[] {
  const { desc, avail } = splitGeometry(base, size);
  const ring = avail + split_avail_t.bytes;
  const flags = [DESC_NEXT, DESC_NEXT | DESC_WRITE, DESC_INDIRECT, DESC_INDIRECT | DESC_NEXT];
  return [
    ...stores(split_avail_t, avail, 0, { flags: [0xffff], idx: [1, 2 * size + 1] }),
    ...stores(split_avail_elem_t, ring, 0, { head: [size] }),
    ...stores(split_avail_elem_t, ring, size - 1, { head: [0] }),
    ...stores(split_desc_t, desc, 0, {
      addr: [base],
      addr_high: [1],
      len: tables === null ? [0, 16, MAX_32] : [0, MAX_32],
      flags,
    }),
    ...stores(split_desc_t, desc, size - 1, { flags: [0, DESC_NEXT | DESC_WRITE], next: [size] }),
    ...(tables === null
      ? []
      : stores(split_desc_t, tables, 0, {
          addr: [base],
          len: [16],
          flags: [DESC_INDIRECT, DESC_NEXT],
          next: [0],
        })),
  ];
}

/** The table is the driver's, but nothing keeps a device from writing there: whoever reads it again finds anything. */
function wickedDevice({ base, size }: QueuePlace): readonly WickedStore[] {
  const { desc, used } = splitGeometry(base, size);
  return [
    ...stores(split_used_t, used, 0, { flags: [0xffff], idx: [1, 2 * size + 1] }),
    ...stores(split_used_elem_t, used + split_used_t.bytes, 0, {
      id: [size, size - 1, MAX_32],
      len: [3, MAX_32],
    }),
    ...stores(split_desc_t, desc, 0, { len: [MAX_32], flags: [DESC_NEXT], next: [size] }),
  ];
}

export const splitLayout: Layout = {
  name: 'split',
  refuse: (size) =>
    size >= 1 && size <= 32_768 && (size & (size - 1)) === 0
      ? null
      : `a split virtqueue has a power of two of descriptors, up to 32768: not ${size}`,
  smallestModulus: (size) => 4 * size,
  classes: (defects) => splitClasses(splitDefects.filter(({ name }) => defects.includes(name))),
  queueBytes: (size) => splitGeometry(0, size).end,
  driverBytes: splitDriverBytes,
  deviceBytes: splitDeviceBytes,
  nameQueue: (map, { base, size }) => placeSplitVirtqueue(map, base, size),
  nameTables: (map, base, tables, entries) => placeSplitTables(map, 'table', base, tables, entries),
  nameDriver: (map, { handle, size }) => placeSplitDriver(map, 'driver', handle, size),
  nameDevice: (map, { handle, size }) => placeSplitDevice(map, 'device', handle, size),
  advance(driver, device, { base, size, handle }, entries) {
    startSplitAt(driver, device, { driver: handle, device: handle }, splitGeometry(base, size), entries);
  },
  clauses: ({ base, size, driverCore, deviceCore }, options) =>
    splitClauses({ geometry: splitGeometry(base, size), driverCore, deviceCore, ...options }),
  isHome(view, { base, size, handle, driverCore, deviceCore }) {
    const { avail, used } = splitGeometry(base, size);
    const index = view.load(fieldLocation(split_avail_t, 'shared', avail, 'idx'));
    const seen = [
      view.load(fieldLocation(split_used_t, 'shared', used, 'idx')),
      view.load(privateField(split_driver_t, handle, 'last_used'), driverCore),
      view.load(privateField(split_device_t, handle, 'last_avail'), deviceCore),
    ];
    const held = Array.from({ length: size }, (_, i) =>
      view.load(privateField(split_chain_private_t, handle + split_device_t.bytes, 'held', i), deviceCore),
    );
    return (
      seen.every((other) => other === index) &&
      view.load(privateField(split_driver_t, handle, 'free_count'), driverCore) === size &&
      held.every((has) => has === 0)
    );
  },
  wickedStores: (by, place, tables) => (by === 'driver' ? wickedDriver(place, tables) : wickedDevice(place)),
  foundInDrivers: (size) => [
    VIRTIO_BAD_INDEX,
    VIRTIO_BAD_HEAD,
    VIRTIO_CHAIN_TOO_LONG,
    VIRTIO_BAD_BUFFER,
    VIRTIO_BAD_INDIRECT,
    ...(size > 1 ? [VIRTIO_BAD_ORDER] : []),
  ],
  foundInDevices: () => [VIRTIO_BAD_INDEX, VIRTIO_BAD_USED_ID, VIRTIO_BAD_USED_LENGTH],
  out,
  free,
};
