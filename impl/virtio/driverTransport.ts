/**
 * The driver's half of a transport: finds a device, initializes it in the order of VirtIO 1.2, 3.1.1, sets its queues up
 * (4.2.3.2), and resets queues (2.6.1) or the whole device (2.4).
 *
 * Operations: `initialize` (all of the following up to `negotiate`), `probe`, `resetDevice`, `acknowledge`, `drive`,
 * `negotiate`, `setUpQueue` (with the queue's own `init`), `driverOk`, `fail`, `resetQueue`, `readStatus`; nested in them
 * `writeStatus`, which lasts until the device has handled what was written (`registers.ts` says why), and `enableQueue`.
 *
 * One agent uses it. What it keeps lies in core-local memory behind `handle`. The small protected methods are its steps; a
 * seeded defect overrides one of them.
 */
import { type MemoryPort, struct, u32, type View, viewOf } from '../../memory/index.ts';
import { VIRTIO_INVALID, VIRTIO_OK } from './errors.ts';
import { allFeatures, commonFeatures, type Features, featuresOf, featureWords } from './features.ts';
import type { VirtqueueDriver } from './queue.ts';
import { isQueueSize, type QueueParts, queueParts } from './queueParts.ts';
import {
  DEVICE_VERSION,
  MAGIC_VALUE,
  type RegisterGeometry,
  type Registers,
  STATUS_ACKNOWLEDGE,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
  viewRegisters,
  type virtio_queue_registers_t,
} from './registers.ts';
import {
  VIRTIO_FEATURE_MISSING,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_NEEDS_RESET,
  VIRTIO_NO_DEVICE,
  VIRTIO_NO_QUEUE,
  VIRTIO_NOT_NEGOTIATED,
  VIRTIO_OUT_OF_ORDER,
  VIRTIO_QUEUE_IN_USE,
  VIRTIO_QUEUE_TOO_LARGE,
} from './transportErrors.ts';

/** What the driver keeps, in core-local memory. */
export const driver_transport_t = struct('driver_transport_t', {
  /** The status bits that it has set, and the device has kept. */
  status: u32('plain'),
  /** Features negotiated, bits 0 to 31. */
  features: u32('plain'),
  /** Bits 32 to 63. */
  features_high: u32('plain'),
});

export type DriverTransportOptions = {
  /** What operations' arguments call the device. */
  readonly id: string;
  readonly registers: RegisterGeometry;
  /** Features that the driver understands. */
  readonly wanted: Features;
  /** Of those, the ones without which it gives up; VERSION_1 if not given. */
  readonly required?: Features;
  /**
   * Called when a register was written that the device has to look at, for devices that sleep. On hardware the write
   * itself does it. Not given: the device polls.
   */
  readonly written?: () => void;
};

/** The registers of one queue, as code sees them. */
export type QueueBank = View<typeof virtio_queue_registers_t.fields>;

export class DriverTransport {
  protected readonly port: MemoryPort;
  protected readonly id: string;
  protected readonly registers: Registers;
  protected readonly own: View<typeof driver_transport_t.fields>;
  protected readonly options: DriverTransportOptions;

  /** @param handle byte offset in core-local memory, a multiple of 4, of `driver_transport_t.bytes` bytes. */
  constructor(port: MemoryPort, handle: number, options: DriverTransportOptions) {
    this.port = port;
    this.id = options.id;
    this.options = options;
    this.registers = viewRegisters(port, options.registers);
    this.own = viewOf(driver_transport_t, port, 'local', handle);
  }

  /** What was negotiated; none before. */
  features(): Features {
    return featuresOf(this.own.features, this.own.features_high);
  }

  /** Steps 1 to 6 of 3.1.1, up to the negotiation of features. `VIRTIO_OK`, or the first thing that goes wrong. */
  initialize(): number {
    return this.port.op('initialize', { device: this.id }, () => {
      const found = this.probe();
      if (found !== VIRTIO_OK) return found;
      this.resetDevice();
      this.acknowledge();
      this.drive();
      return this.negotiate();
    });
  }

  /** Looks whether there is a device. `VIRTIO_OK`, `VIRTIO_NO_DEVICE`. */
  probe(): number {
    return this.port.op('probe', { device: this.id }, () => {
      const { device } = this.registers;
      return device.magic_value === MAGIC_VALUE && device.version === DEVICE_VERSION && device.device_id !== 0
        ? VIRTIO_OK
        : VIRTIO_NO_DEVICE;
    });
  }

  /** Resets the device, and waits until it has confirmed: from then on it leaves queues and buffers alone. */
  resetDevice(): void {
    this.port.op('resetDevice', { device: this.id }, () => {
      const { own } = this;
      own.status = 0;
      own.features = 0;
      own.features_high = 0;
      this.writeStatus(0);
      this.confirmReset();
      return undefined;
    });
  }

  /** Sets ACKNOWLEDGE. */
  acknowledge(): void {
    this.port.op('acknowledge', { device: this.id }, () => {
      this.addStatus(STATUS_ACKNOWLEDGE);
      return undefined;
    });
  }

  /** Sets DRIVER. */
  drive(): void {
    this.port.op('drive', { device: this.id }, () => {
      this.addStatus(STATUS_DRIVER);
      return undefined;
    });
  }

  /**
   * Accepts what is offered and wanted, and sets FEATURES_OK. `VIRTIO_OK`; `VIRTIO_FEATURE_MISSING`,
   * `VIRTIO_FEATURES_REFUSED`: the device was given up; `VIRTIO_OUT_OF_ORDER`.
   */
  negotiate(): number {
    return this.port.op('negotiate', { device: this.id }, () => {
      const { own } = this;
      if (own.status !== (STATUS_ACKNOWLEDGE | STATUS_DRIVER)) return VIRTIO_OUT_OF_ORDER;
      const { device } = this.registers;
      const offered = featuresOf(device.device_features, device.device_features_high);
      const accepted = this.choose(offered);
      if (!this.suffices(accepted)) return this.giveUp(VIRTIO_FEATURE_MISSING);
      const [low, high] = featureWords(accepted);
      device.driver_features = low;
      device.driver_features_high = high;
      this.addStatus(STATUS_FEATURES_OK);
      if (!this.isAccepted()) {
        own.status &= ~STATUS_FEATURES_OK;
        return this.giveUp(VIRTIO_FEATURES_REFUSED);
      }
      own.features = low;
      own.features_high = high;
      return VIRTIO_OK;
    });
  }

  /**
   * Sets a queue up, for the first time or after a reset. The driver's side of the queue is made with the features that
   * were negotiated, and its `init` zeroes the queue's memory. `VIRTIO_OK`, `VIRTIO_OUT_OF_ORDER`, `VIRTIO_QUEUE_IN_USE`,
   * `VIRTIO_NO_QUEUE`, `VIRTIO_QUEUE_TOO_LARGE`, `VIRTIO_INVALID` for a size that the layout does not admit.
   * @param queue its number. @param base byte offset in shared memory. @param size in descriptors.
   */
  setUpQueue(
    queue: number,
    base: number,
    size: number,
    make: (features: Features) => VirtqueueDriver,
  ): number {
    return this.port.op('setUpQueue', { device: this.id, queue, size }, () => {
      if (!this.hasNegotiated()) return VIRTIO_OUT_OF_ORDER;
      const bank = this.registers.queues.at(queue);
      if (bank.ready !== 0) return VIRTIO_QUEUE_IN_USE;
      const most = bank.num_max;
      if (most === 0) return VIRTIO_NO_QUEUE;
      const features = this.features();
      if (!isQueueSize(features, size)) return VIRTIO_INVALID;
      if (!this.admits(size, most)) return VIRTIO_QUEUE_TOO_LARGE;
      const set = make(features).init(size);
      if (set !== VIRTIO_OK) return set;
      this.announce(bank, size, queueParts(features, base, size));
      this.options.written?.();
      return VIRTIO_OK;
    });
  }

  /** Sets DRIVER_OK: the device is live. `VIRTIO_OK`, `VIRTIO_OUT_OF_ORDER`; `VIRTIO_NEEDS_RESET` if it is broken at once. */
  driverOk(): number {
    return this.port.op('driverOk', { device: this.id }, () => {
      if (!this.hasNegotiated()) return VIRTIO_OUT_OF_ORDER;
      this.addStatus(STATUS_DRIVER_OK);
      return (this.registers.device.status & STATUS_NEEDS_RESET) === 0 ? VIRTIO_OK : VIRTIO_NEEDS_RESET;
    });
  }

  /** Gives the device up: sets FAILED. Only `resetDevice` leads on. */
  fail(): void {
    this.port.op('fail', { device: this.id }, () => {
      this.addStatus(STATUS_FAILED);
      return undefined;
    });
  }

  /** The device status field, as the device has it now. */
  readStatus(): number {
    return this.port.op('readStatus', { device: this.id }, () => this.registers.device.status);
  }

  /**
   * Resets a queue, and waits until the device has confirmed: from then on it leaves the queue and its buffers alone, and
   * the driver may use them for something else, or set the queue up again. `VIRTIO_OK`; `VIRTIO_NOT_NEGOTIATED` without
   * RING_RESET; `VIRTIO_OUT_OF_ORDER`.
   */
  resetQueue(queue: number): number {
    return this.port.op('resetQueue', { device: this.id, queue }, () => {
      if (!this.hasNegotiated()) return VIRTIO_OUT_OF_ORDER;
      if (this.features().ringReset !== true) return VIRTIO_NOT_NEGOTIATED;
      const bank = this.registers.queues.at(queue);
      bank.reset = 1;
      this.options.written?.();
      this.confirmQueueReset(bank);
      return VIRTIO_OK;
    });
  }

  /** Whether queues may be kicked: not before DRIVER_OK (3.1.1). What was added before then is announced afterwards. */
  mayKick(): boolean {
    return (this.own.status & (STATUS_DRIVER_OK | STATUS_FAILED)) === STATUS_DRIVER_OK;
  }

  /** Never one that was not offered (2.2.1). */
  protected choose(offered: Features): Features {
    return commonFeatures(offered, this.options.wanted);
  }

  private suffices(accepted: Features): boolean {
    const { required = { version1: true } } = this.options;
    return allFeatures.every((feature) => required[feature] !== true || accepted[feature] === true);
  }

  /** And has not given up since. */
  private hasNegotiated(): boolean {
    return (this.own.status & (STATUS_FEATURES_OK | STATUS_FAILED)) === STATUS_FEATURES_OK;
  }

  /** Step 6 of 3.1.1. */
  protected isAccepted(): boolean {
    return (this.registers.device.status & STATUS_FEATURES_OK) !== 0;
  }

  /** Whether a queue of this size is no larger than the device admits. */
  protected admits(size: number, most: number): boolean {
    return size <= most;
  }

  /** Tells the device of a queue: `ready` comes last. */
  protected announce(bank: QueueBank, size: number, parts: QueueParts): void {
    this.describe(bank, size, parts);
    this.enable(bank);
  }

  protected enable(bank: QueueBank): void {
    this.port.op('enableQueue', { device: this.id }, () => {
      bank.ready = 1;
      return undefined;
    });
  }

  protected describe(bank: QueueBank, size: number, { desc, driver, device }: QueueParts): void {
    bank.num = size;
    bank.desc_low = desc;
    bank.desc_high = 0;
    bank.driver_low = driver;
    bank.driver_high = 0;
    bank.device_low = device;
    bank.device_high = 0;
  }

  /** 2.4.2: a reset is complete when the status reads 0. */
  protected confirmReset(): void {
    this.port.repeat<null, null>(null, () =>
      this.registers.device.status === 0 ? { done: null } : { again: null },
    );
  }

  /** 4.2.2.2: the reset is not complete before `reset` reads 0. */
  protected confirmQueueReset(bank: QueueBank): void {
    this.port.repeat<null, null>(null, () => (bank.reset === 0 ? { done: null } : { again: null }));
  }

  /** Sets bits beside those that are set: none is ever cleared (2.1.1). */
  protected addStatus(bits: number): void {
    const { own } = this;
    own.status |= bits;
    this.writeStatus(own.status);
  }

  /** Writes the status, and waits until the device has handled it. */
  protected writeStatus(status: number): void {
    this.port.op('writeStatus', { device: this.id, status }, () => {
      const { device } = this.registers;
      device.status_write = (STATUS_WRITTEN | status) >>> 0;
      this.options.written?.();
      this.awaitAnswer(status);
      return undefined;
    });
  }

  protected awaitAnswer(_status: number): void {
    this.port.repeat<null, null>(null, () =>
      this.registers.device.status_write === 0 ? { done: null } : { again: null },
    );
  }

  private giveUp(code: number): number {
    this.fail();
    return code;
  }
}
