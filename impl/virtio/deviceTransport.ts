/**
 * The device's half of a transport: what a device does when its registers are written (VirtIO 1.2, 2.1, 2.2, 2.4, 2.6.1,
 * 4.2.2). It is a program that looks now and then: whoever drives the device calls `poll` before it uses a queue, each
 * time, and uses a queue only while `queue` gives it one.
 *
 * Operations: `boot`, `poll` (`answerStatus`, `answerReset`, `acceptQueue` with the queue's own `init`,
 * `answerQueueReset`), `needsReset` (`configChange`); nested in them the stores that tell the driver of the outcome,
 * `presentStatus` and `confirmQueueReset`.
 *
 * One agent uses it. What it keeps lies in core-local memory behind `handle`. The small protected methods are its steps; a
 * seeded defect overrides one of them.
 */
import {
  arrayOf,
  type MemoryPort,
  type StructArray,
  struct,
  u32,
  type View,
  viewOf,
} from '../../memory/index.ts';
import { VIRTIO_OK } from './errors.ts';
import { type Features, featuresOf, featureWords } from './features.ts';
import type { VirtqueueDevice } from './queue.ts';
import { isQueueSize, queueParts } from './queueParts.ts';
import {
  DEVICE_VERSION,
  MAGIC_VALUE,
  type RegisterGeometry,
  type Registers,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
  viewRegisters,
} from './registers.ts';

/** What the device keeps, in core-local memory. Its notes on queues (`device_queue_t`) follow it. */
export const device_transport_t = struct('device_transport_t', {
  /** The status, as `status` says it. */
  status: u32('plain'),
  /** Features negotiated, bits 0 to 31. */
  features: u32('plain'),
  /** Bits 32 to 63. */
  features_high: u32('plain'),
});

/** What it keeps of a queue. */
export const device_queue_t = struct('device_queue_t', {
  /** `QUEUE_UNUSED`, `QUEUE_USED` or `QUEUE_REFUSED`. */
  state: u32('plain'),
  /** Of a queue in use: where it begins. */
  base: u32('plain'),
});

/** Not ready, or not looked at yet. */
export const QUEUE_UNUSED = 0;
/** The device may use it. */
export const QUEUE_USED = 1;
/** It was ready, and what the registers say about it is wrong. */
export const QUEUE_REFUSED = 2;

/** Bytes of core-local memory. */
export function deviceTransportBytes(queueCount: number): number {
  return device_transport_t.bytes + queueCount * device_queue_t.bytes;
}

export type DeviceTransportOptions = {
  /** What operations' arguments call the device. */
  readonly id: string;
  readonly registers: RegisterGeometry;
  /** Features that it offers. */
  readonly offered: Features;
  /** The largest size of each queue, in descriptors. */
  readonly sizes: readonly number[];
  /** What kind of device it says it is; 1 if not given. */
  readonly deviceId?: number;
  /** Whether it can work with these features, all of which it has offered. Not given: with all of them. */
  readonly supports?: (features: Features) => boolean;
  /** Makes the device's side of a queue that begins at byte `base` of shared memory. Keeps no state of its own. */
  readonly make: (queue: number, features: Features, base: number) => VirtqueueDevice;
  /** Shared memory in which queues may lie, in bytes: `[from, to)`. Not given: all. */
  readonly reach?: { readonly from: number; readonly to: number };
  /** The configuration change notification. Called inside the operation `configChange`. */
  readonly configChanged?: () => void;
};

export class DeviceTransport {
  protected readonly port: MemoryPort;
  protected readonly id: string;
  protected readonly registers: Registers;
  protected readonly own: View<typeof device_transport_t.fields>;
  protected readonly notes: StructArray<typeof device_queue_t.fields>;
  protected readonly options: DeviceTransportOptions;
  /** Sides of queues last made, found again by base and features: a cache, no state. */
  private readonly made: ({ readonly key: string; readonly side: VirtqueueDevice } | undefined)[] = [];

  /** @param handle byte offset in core-local memory, a multiple of 4, of `deviceTransportBytes` bytes. */
  constructor(port: MemoryPort, handle: number, options: DeviceTransportOptions) {
    const { queueCount } = options.registers;
    if (options.sizes.length !== queueCount)
      throw new RangeError(
        `sizes: expected one for each of ${queueCount} queues, got ${options.sizes.length}`,
      );
    this.port = port;
    this.id = options.id;
    this.options = options;
    this.registers = viewRegisters(port, options.registers);
    this.own = viewOf(device_transport_t, port, 'local', handle);
    this.notes = arrayOf(device_queue_t, port, 'local', handle + device_transport_t.bytes, queueCount);
  }

  /** Switches the device on: writes what it is, and what it offers. The magic value comes last. */
  boot(): void {
    this.port.op('boot', { device: this.id }, () => {
      const { device, queues } = this.registers;
      const [low, high] = featureWords(this.options.offered);
      device.version = DEVICE_VERSION;
      device.device_id = this.options.deviceId ?? 1;
      device.device_features = low;
      device.device_features_high = high;
      for (const [queue, size] of this.options.sizes.entries()) queues.at(queue).num_max = size;
      device.magic_value = MAGIC_VALUE;
      return undefined;
    });
  }

  /**
   * Looks at the registers, and answers what the driver has written.
   * @returns the queues that were reset, bit `i` for queue `i`: whoever holds chains of them has to forget them.
   */
  poll(): number {
    return this.port.op('poll', { device: this.id }, () => {
      const { device } = this.registers;
      const written = device.status_write;
      let taken = 0;
      if (written === STATUS_WRITTEN) taken = this.answerReset();
      else if (written !== 0) this.answerStatus((written & ~STATUS_WRITTEN) >>> 0);
      for (let queue = 0; queue < this.notes.count; queue++) if (this.pollQueue(queue)) taken |= 1 << queue;
      return taken >>> 0;
    });
  }

  /** The side of a queue that the device may use; null if it may not: not live, not ready, refused, or reset. */
  queue(queue: number): VirtqueueDevice | null {
    if ((this.own.status & STATUS_FAILED) !== 0) return null;
    const { state, base } = this.notes.at(queue);
    return state === QUEUE_USED ? this.side(queue, base) : null;
  }

  /** Says that only a reset helps: sets DEVICE_NEEDS_RESET, and tells the driver so if it is live. */
  needsReset(): void {
    this.port.op('needsReset', { device: this.id }, () => {
      const { own } = this;
      this.presentStatus((own.status | STATUS_NEEDS_RESET) >>> 0);
      if ((own.status & STATUS_DRIVER_OK) !== 0) this.configChange();
      return undefined;
    });
  }

  /** What was negotiated; none before. */
  features(): Features {
    return featuresOf(this.own.features, this.own.features_high);
  }

  /** The status, as the device has it. */
  status(): number {
    return this.own.status;
  }

  protected configChange(): void {
    this.port.op('configChange', { device: this.id }, () => {
      this.options.configChanged?.();
      return undefined;
    });
  }

  /** Handles what the driver has written to the status, which is not 0. */
  private answerStatus(written: number): void {
    this.port.op('answerStatus', { device: this.id, status: written }, () => {
      const { own } = this;
      const { device } = this.registers;
      // The driver clears no bit, and DEVICE_NEEDS_RESET is not the driver's.
      let status = (own.status | (written & ~STATUS_NEEDS_RESET)) >>> 0;
      const asks = (status & ~own.status & STATUS_FEATURES_OK) !== 0;
      if (asks && !this.negotiate()) status &= ~STATUS_FEATURES_OK;
      this.presentStatus(status);
      device.status_write = 0;
      return undefined;
    });
  }

  private presentStatus(status: number): void {
    this.port.op('presentStatus', { device: this.id, status }, () => {
      this.own.status = status;
      this.registers.device.status = status;
      return undefined;
    });
  }

  /** Looks at the features that the driver accepts: whether the device does, too. */
  private negotiate(): boolean {
    const { device } = this.registers;
    const [low, high] = [device.driver_features, device.driver_features_high];
    if (!this.wereOffered(low, high)) return false;
    const features = featuresOf(low, high);
    if (features.version1 !== true || this.options.supports?.(features) === false) return false;
    this.own.features = low;
    this.own.features_high = high;
    return true;
  }

  /** All bits, those included that concern no queue. */
  protected wereOffered(low: number, high: number): boolean {
    const [offeredLow, offeredHigh] = featureWords(this.options.offered);
    return (low & ~offeredLow) === 0 && (high & ~offeredHigh) === 0;
  }

  /** Resets the device. The status says so last of all: from there on nothing is touched. */
  private answerReset(): number {
    return this.port.op('answerReset', { device: this.id }, () => {
      const { own } = this;
      const { device } = this.registers;
      let taken = 0;
      for (let queue = 0; queue < this.notes.count; queue++) {
        if (this.forgetAtReset(queue)) taken |= 1 << queue;
        this.clear(queue);
      }
      own.features = 0;
      own.features_high = 0;
      this.presentStatus(0);
      device.status_write = 0;
      return taken;
    });
  }

  /** Whether the queue was reset. */
  private pollQueue(queue: number): boolean {
    const { own } = this;
    if ((own.status & STATUS_FEATURES_OK) === 0) return false;
    const bank = this.registers.queues.at(queue);
    if (this.features().ringReset === true && bank.reset !== 0) {
      return this.answerQueueReset(queue);
    }
    if (this.isLive() && this.notes.at(queue).state === QUEUE_UNUSED && bank.ready !== 0)
      this.acceptQueue(queue);
    return false;
  }

  /** Takes a queue into use, if the registers make sense. */
  private acceptQueue(queue: number): void {
    this.port.op('acceptQueue', { device: this.id, queue }, () => {
      const note = this.notes.at(queue);
      const place = this.placeOf(queue);
      if (place === null || this.side(queue, place.base).init(place.size) !== VIRTIO_OK) {
        note.state = QUEUE_REFUSED;
        this.needsReset();
        return undefined;
      }
      note.base = place.base;
      note.state = QUEUE_USED;
      return undefined;
    });
  }

  /** Where the driver has put a queue; null where no queue can be, or the device cannot reach it. */
  private placeOf(queue: number): { readonly base: number; readonly size: number } | null {
    const bank = this.registers.queues.at(queue);
    const { num: size, desc_low: base } = bank;
    const { reach } = this.options;
    const features = this.features();
    const most = Number(this.options.sizes[queue]);
    if (!isQueueSize(features, size) || size > most || base % 16 !== 0) return null;
    const parts = queueParts(features, base, size);
    if (reach !== undefined && (base < reach.from || parts.end > reach.to)) return null;
    // The queues here lie in one piece: the standard lets their parts lie apart.
    if (bank.driver_low !== parts.driver || bank.device_low !== parts.device) return null;
    return (bank.desc_high | bank.driver_high | bank.device_high) === 0 ? { base, size } : null;
  }

  /** Resets a queue. `reset` says so last of all: from there on nothing of it is touched. */
  private answerQueueReset(queue: number): boolean {
    return this.port.op('answerQueueReset', { device: this.id, queue }, () => {
      const taken = this.forgetAtQueueReset(queue);
      this.port.op('confirmQueueReset', { device: this.id, queue }, () => {
        this.clear(queue);
        return undefined;
      });
      return taken;
    });
  }

  /** SV9: a queue that is not in use is not touched. Whether it was. */
  protected forgetAtReset(queue: number): boolean {
    return this.forget(queue);
  }

  /** SV9, of one queue. Whether it was in use. */
  protected forgetAtQueueReset(queue: number): boolean {
    return this.forget(queue);
  }

  private forget(queue: number): boolean {
    const note = this.notes.at(queue);
    const taken = note.state === QUEUE_USED;
    note.state = QUEUE_UNUSED;
    note.base = 0;
    return taken;
  }

  /** 2.6.1.1.1, 4.2.2.1: after either reset the queue has no size, and 0 stands in `ready` and in `reset`. */
  protected clear(queue: number): void {
    const bank = this.registers.queues.at(queue);
    bank.num = 0;
    bank.ready = 0;
    bank.reset = 0;
  }

  /** SV1: whether queues may be used: DRIVER_OK, with features negotiated, and not given up by the driver. */
  protected isLive(): boolean {
    const needed = STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    return (this.own.status & (needed | STATUS_FAILED)) === needed;
  }

  private side(queue: number, base: number): VirtqueueDevice {
    const { features, features_high } = this.own;
    const key = `${base} ${features} ${features_high}`;
    let made = this.made[queue];
    if (made?.key !== key) {
      made = { key, side: this.options.make(queue, featuresOf(features, features_high), base) };
      this.made[queue] = made;
    }
    return made.side;
  }
}
