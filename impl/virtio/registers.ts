/**
 * The registers of a VirtIO device in shared memory, modelled after those of virtio-mmio (VirtIO 1.2, 4.2.2): words of 32
 * bits, each access a single `seq_cst` one.
 *
 * A real device handles the write of a register at once: the processor stands still until it has. Here the device is a
 * program that looks now and then. So the registers differ from the standard's in three points:
 *
 * - What the driver writes to `Status` goes to a word of its own, `status_write`, with `STATUS_WRITTEN` set. The device
 *   handles it, stores the outcome to `status`, and last of all stores 0 to `status_write`. The driver writes nothing
 *   more before it has seen that 0; then `status` says what the standard's register would say. So `status` is written by
 *   the device only, and `status_write` by turns: none needs a read-modify-write.
 * - Registers that stand behind a selector (`QueueSel`, `DeviceFeaturesSel`, `DriverFeaturesSel`) lie side by side: a
 *   bank of registers for each queue, and two words of features. Selecting is computing an address.
 * - `queue[i].ready` is noticed by the device when it looks next, and it looks before it uses the queue. `queue[i].reset`
 *   is the standard's: 1 until the device has stopped using the queue, and 0 in it and in `ready` from then on.
 *
 * Left out: notifications (they are doorbells, semaphores or interrupt lines, not words), `InterruptStatus` with them, the
 * configuration space, shared memory regions, and stopping a queue by writing 0 to `ready`.
 */
import {
  arrayOf,
  fieldLocation,
  type LayoutMap,
  type Location,
  type MemoryPort,
  type StructArray,
  struct,
  u32,
  type View,
  viewOf,
} from '../../memory/index.ts';

/** The registers of the device. */
export const virtio_registers_t = struct('virtio_registers', {
  /** `MAGIC_VALUE`. Written by the device, last of what it boots with. */
  magic_value: u32('seq_cst'),
  /** `DEVICE_VERSION`. Written by the device when it boots. */
  version: u32('seq_cst'),
  /** What kind of device it is; 0: none. Written by the device when it boots. */
  device_id: u32('seq_cst'),
  /** Features offered, bits 0 to 31. Written by the device when it boots. */
  device_features: u32('seq_cst'),
  /** Bits 32 to 63. */
  device_features_high: u32('seq_cst'),
  /** Features accepted, bits 0 to 31. Written by the driver, before FEATURES_OK. */
  driver_features: u32('seq_cst'),
  /** Bits 32 to 63. */
  driver_features_high: u32('seq_cst'),
  /** The device status field. Written by the device only. */
  status: u32('seq_cst'),
  /** What the driver writes to the device status field, with `STATUS_WRITTEN`; 0 when the device has handled it. */
  status_write: u32('seq_cst'),
});

/** The registers of one queue. Addresses are byte offsets in shared memory; their upper halves are 0. */
export const virtio_queue_registers_t = struct('virtio_queue_registers', {
  /** The largest size that the device admits, in descriptors; 0: there is no such queue. Written by the device. */
  num_max: u32('seq_cst'),
  /** In descriptors. Written by the driver while `ready` is 0, as are the addresses; 0 again after either reset. */
  num: u32('seq_cst'),
  /** 1: the device may use the queue. Set by the driver, cleared by the device when either reset is complete. */
  ready: u32('seq_cst'),
  /** With RING_RESET: set by the driver, cleared by the device when the reset is complete. */
  reset: u32('seq_cst'),
  /** Descriptor area: descriptor table (split), descriptor ring (packed). */
  desc_low: u32('seq_cst'),
  desc_high: u32('seq_cst'),
  /** Driver area: available ring (split), driver event suppression (packed). */
  driver_low: u32('seq_cst'),
  driver_high: u32('seq_cst'),
  /** Device area: used ring (split), device event suppression (packed). */
  device_low: u32('seq_cst'),
  device_high: u32('seq_cst'),
});

/** `virt`, little-endian. */
export const MAGIC_VALUE = 0x7472_6976;
/** Not a legacy device. */
export const DEVICE_VERSION = 2;

/** Bits of the device status field (2.1). The driver sets them, all but the last one, and clears none. */
export const STATUS_ACKNOWLEDGE = 1;
/** The guest knows how to drive the device. */
export const STATUS_DRIVER = 2;
/** The driver is ready: the device is live. */
export const STATUS_DRIVER_OK = 4;
/** Features are negotiated. */
export const STATUS_FEATURES_OK = 8;
/** The driver has given up on the device. */
export const STATUS_FAILED = 128;
/** Set by the device: it has met an error from which only a reset leads away. */
export const STATUS_NEEDS_RESET = 64;

/** Marks `status_write` as not yet handled, beside the value written. Writing the value 0 is a reset. */
export const STATUS_WRITTEN = 0x8000_0000;

/** Where registers lie, as byte offsets in shared memory. */
export type RegisterGeometry = {
  /** A multiple of 4. */
  readonly base: number;
  /** Registers of queue 0; those of the others follow. */
  readonly queues: number;
  readonly queueCount: number;
  /** Behind the last register. */
  readonly end: number;
};

/** @param base byte offset in shared memory; a multiple of 4. */
export function registerGeometry(base: number, queueCount: number): RegisterGeometry {
  const queues = base + virtio_registers_t.bytes;
  return { base, queues, queueCount, end: queues + queueCount * virtio_queue_registers_t.bytes };
}

/** A register of the device. */
export function registerLocation(
  { base }: RegisterGeometry,
  register: keyof typeof virtio_registers_t.fields,
): Location {
  return fieldLocation(virtio_registers_t, 'shared', base, register);
}

/** A register of a queue. @param queue 0..queueCount-1. */
export function queueRegisterLocation(
  { queues }: RegisterGeometry,
  queue: number,
  register: keyof typeof virtio_queue_registers_t.fields,
): Location {
  const base = queues + queue * virtio_queue_registers_t.bytes;
  return fieldLocation(virtio_queue_registers_t, 'shared', base, register);
}

/** Names registers: `registers.status`, `queue[0].ready`; with a name, `name.status`, `name.queue[0].ready`. */
export function placeRegisters(map: LayoutMap, name: string, geometry: RegisterGeometry): void {
  map.place(name === '' ? 'registers' : name, 'shared', virtio_registers_t, geometry.base);
  const queue = name === '' ? 'queue' : `${name}.queue`;
  map.place(queue, 'shared', virtio_queue_registers_t, geometry.queues, geometry.queueCount);
}

/** Registers as code sees them. */
export type Registers = {
  readonly device: View<typeof virtio_registers_t.fields>;
  readonly queues: StructArray<typeof virtio_queue_registers_t.fields>;
};

/** Views of all registers. Nothing is accessed before a field is used. */
export function viewRegisters(port: MemoryPort, geometry: RegisterGeometry): Registers {
  return {
    device: viewOf(virtio_registers_t, port, 'shared', geometry.base),
    queues: arrayOf(virtio_queue_registers_t, port, 'shared', geometry.queues, geometry.queueCount),
  };
}
