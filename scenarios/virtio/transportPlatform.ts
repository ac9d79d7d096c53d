/**
 * A platform whose queue is not there from the start: a driver finds a device, negotiates with it, sets the queue up, and
 * resets it, or the whole device, through registers. They lie in shared memory behind the buffers, and the two halves of
 * the transport in core-local memory behind all else.
 */
import type { Actions, AgentSpec, Program, System, SystemOperation, Witness } from '../../checker/index.ts';
import {
  type DeviceTransport,
  type DriverTransport,
  device_queue_t,
  device_transport_t,
  deviceTransportBytes,
  driver_transport_t,
  type Features,
  placeRegisters,
  queueRegisterLocation,
  type RegisterGeometry,
  registerGeometry,
  registerLocation,
  STATUS_WRITTEN,
  type TransportClasses,
  transportClasses,
  transportDefects,
  transportOperations,
  type VirtioChainAction,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  type VirtioQueueOptions,
  type virtio_queue_registers_t,
  type virtio_registers_t,
} from '../../impl/index.ts';
import { LayoutMap, type Location, type MemoryPort, offsetOf } from '../../memory/index.ts';
import type { LocationNames, Property } from '../../properties/index.ts';
import type { ClauseRegisters } from './clauses/index.ts';
import { DEVICE_CORE, type Platform, QUEUE } from './platform.ts';
import { noLostDescriptorsName, soundProperties } from './properties.ts';
import { statusCharts } from './statusCharts.ts';

const DEVICE = 'device';

export class TransportPlatform {
  readonly base: Platform;
  readonly registers: RegisterGeometry;
  readonly #classes: TransportClasses;
  readonly #offered: Features;
  readonly #sharedBytes: number;
  /** Of either half, in the core-local memory of its side. */
  readonly #handle: number;
  readonly #localBytes: number;
  readonly #names: LocationNames;
  /** Of the queue. */
  readonly #ready: Location;
  readonly #operations: Readonly<Record<string, SystemOperation>>;

  /** @param defects names of those seeded; others than the transport's are not for it. */
  constructor(base: Platform, defects: readonly string[]) {
    this.base = base;
    this.#classes = transportClasses(transportDefects.filter(({ name }) => defects.includes(name)));
    this.#offered = {
      version1: true,
      ringReset: true,
      ...(base.options.layout.name === 'packed' ? { ringPacked: true } : {}),
    };
    const plain = base.system([], { witnesses: [] });
    this.registers = registerGeometry(base.sharedBytes, 1);
    this.#ready = queueRegisterLocation(this.registers, 0, 'ready');
    this.#sharedBytes = 8 * Math.ceil(this.registers.end / 8);
    this.#handle = plain.localBytes;
    const halves = Math.max(driver_transport_t.bytes, deviceTransportBytes(1));
    this.#localBytes = this.#handle + 8 * Math.ceil(halves / 8);
    this.#operations = { ...plain.operations, ...operations() };
    this.#names = this.#nameAll(plain.names);
  }

  #nameAll(others: LocationNames): LocationNames {
    const registers = new LayoutMap();
    placeRegisters(registers, '', this.registers);
    const [driver, device] = [new LayoutMap(), new LayoutMap()];
    driver.place('transport', 'local', driver_transport_t, this.#handle);
    device.place('transport', 'local', device_transport_t, this.#handle);
    device.place('transport.queue', 'local', device_queue_t, this.#handle + device_transport_t.bytes, 1);
    return {
      nameOf: (space, byteOffset, bytes, core) => {
        if (space === 'shared' && byteOffset >= this.registers.base)
          return registers.nameOf(space, byteOffset, bytes);
        if (space === 'local' && byteOffset >= this.#handle)
          return (core === DEVICE_CORE ? device : driver).nameOf(space, byteOffset, bytes);
        return others.nameOf(space, byteOffset, bytes, core);
      },
    };
  }

  #options(features: Features): VirtioQueueOptions {
    const { indexModulus } = this.base.options;
    return { id: QUEUE, features, ...(indexModulus === null ? {} : { indexModulus }) };
  }

  driverTransport(port: MemoryPort): DriverTransport {
    // Wants one feature that is not offered, so that accepting what was not offered shows.
    const wanted: Features = { ...this.#offered, notificationData: true };
    return new this.#classes.Driver(port, this.#handle, { id: DEVICE, registers: this.registers, wanted });
  }

  /** @param supports whether the device accepts features, all of which it has offered. */
  deviceTransport(port: MemoryPort, supports: () => boolean = () => true): DeviceTransport {
    const { size, layout, classes } = this.base.options;
    const { base, handle } = this.base.place;
    return new this.#classes.Device(port, this.#handle, {
      id: DEVICE,
      registers: this.registers,
      offered: this.#offered,
      sizes: [size],
      supports,
      reach: { from: base, to: base + layout.queueBytes(size) },
      make: (_queue, features, at): VirtioQueueDevice =>
        new classes.Device(port, handle, at, {
          ...this.#options(features),
          reach: { from: this.base.pool, to: this.base.sharedBytes },
        }),
    });
  }

  driverSide(port: MemoryPort, features: Features): VirtioQueueDriver {
    const { place, options } = this.base;
    return new options.classes.Driver(port, place.handle, place.base, {
      ...this.#options(features),
      notify: () => void port.action('ring', DEVICE_CORE),
    });
  }

  /** Sets the queue up, with all its descriptors. */
  setUpQueue(port: MemoryPort, transport: DriverTransport): number {
    const { place } = this.base;
    return transport.setUpQueue(0, place.base, place.size, (features) => this.driverSide(port, features));
  }

  /** The system, in which the device has just booted. */
  system(
    driver: Program,
    device: Program,
    more: Partial<System> & { readonly witnesses: readonly Witness[] },
  ): System {
    const agents: AgentSpec[] = this.base.agents(driver, device);
    const sound = soundProperties(this.base, this.#clauseRegisters());
    return this.base.system(agents, {
      properties: [
        ...sound.map((property) => this.#whenReady(property)),
        statusCharts(this.registers, this.#offered),
      ],
      sharedBytes: this.#sharedBytes,
      localBytes: this.#localBytes,
      operations: this.#operations,
      names: this.#names,
      setup: ([_driver, port]) => {
        if (port === undefined) throw new RangeError('expected two cores');
        this.deviceTransport(port).boot();
      },
      // The charts of the status are told by the stores to registers, whether or not clauses are judged.
      watchAccesses: true,
      // A chain that is noted in a queue that is not set up is out no more.
      census: (view, place) =>
        this.base.census(view, (slot, where) => {
          if (view.load(this.#ready) !== 0 || !where.startsWith('chain ')) place(slot, where);
        }),
      ...more,
    });
  }

  /** In a queue that is not set up descriptors are in no place. */
  #whenReady(property: Property): Property {
    const { name, quiescent } = property;
    if (name !== noLostDescriptorsName || quiescent === undefined) return property;
    return {
      ...property,
      quiescent: (context) => {
        const look = quiescent(context);
        return (view) => (view.load(this.#ready) === 0 ? null : look(view));
      },
    };
  }

  #clauseRegisters(): ClauseRegisters {
    const at = (name: keyof typeof virtio_registers_t.fields): number =>
      offsetOf(registerLocation(this.registers, name));
    const ofQueue = (name: keyof typeof virtio_queue_registers_t.fields): number =>
      offsetOf(queueRegisterLocation(this.registers, 0, name));
    return {
      status: at('status'),
      statusWrite: at('status_write'),
      writtenMark: STATUS_WRITTEN,
      driverFeatures: [at('driver_features'), at('driver_features_high')],
      deviceFeatures: [at('device_features'), at('device_features_high')],
      ready: ofQueue('ready'),
      reset: ofQueue('reset'),
      size: ofQueue('num'),
      desc: ofQueue('desc_low'),
      driver: ofQueue('driver_low'),
      device: ofQueue('device_low'),
    };
  }
}

function operations(): Readonly<Record<string, SystemOperation>> {
  return Object.fromEntries(
    Object.entries(transportOperations).map(([name, { codes, succeeded, onReturn }]) => {
      const operation: SystemOperation = {
        codes,
        succeeded,
        ...(onReturn === undefined ? {} : { onReturn: (args, result) => translated(onReturn(args, result)) }),
      };
      return [name, operation] as const;
    }),
  );
}

/** There is one queue: number 0. */
function translated(actions: readonly VirtioChainAction[]): Actions {
  if (actions.length === 0) return null;
  return actions.map((action) => (action.kind === 'slot' ? action : { ...action, queue: 0 }));
}
