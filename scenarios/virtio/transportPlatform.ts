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
  type TransportClasses,
  transportClasses,
  transportDefects,
  transportOperations,
  type VirtioChainAction,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
  type VirtioQueueOptions,
} from '../../impl/index.ts';
import { LayoutMap, type MemoryPort } from '../../memory/index.ts';
import type { LocationNames, Property } from '../../properties/index.ts';
import { DEVICE_CORE, type Platform, QUEUE } from './platform.ts';
import { noLostDescriptorsName, soundProperties } from './properties.ts';
import { type StatusStart, statusCharts } from './statusCharts.ts';

const DEVICE = 'device';
/** ACKNOWLEDGE, DRIVER, FEATURES_OK and DRIVER_OK. */
const LIVE = 15;

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
    return this.#driverHalf(this.#classes, port);
  }

  deviceTransport(port: MemoryPort): DeviceTransport {
    return this.#deviceHalf(this.#classes, port);
  }

  #driverHalf({ Driver }: TransportClasses, port: MemoryPort, written?: () => void): DriverTransport {
    // Wants one feature that is not offered, so that accepting what was not offered shows.
    const wanted: Features = { ...this.#offered, notificationData: true };
    const options = { id: DEVICE, registers: this.registers, wanted };
    return new Driver(port, this.#handle, written === undefined ? options : { ...options, written });
  }

  #deviceHalf({ Device }: TransportClasses, port: MemoryPort): DeviceTransport {
    const { size, layout, classes } = this.base.options;
    const { base, handle } = this.base.place;
    return new Device(port, this.#handle, {
      id: DEVICE,
      registers: this.registers,
      offered: this.#offered,
      sizes: [size],
      reach: { from: base, to: base + layout.queueBytes(size) },
      make: (_queue, features, at): VirtioQueueDevice =>
        new classes.Device(port, handle, at, {
          ...this.#options(features),
          reach: { from: this.base.pool, to: this.base.sharedBytes },
        }),
    });
  }

  /** The driver's side of the queue; it kicks through the transport. */
  driverSide(port: MemoryPort, transport: DriverTransport, features: Features): VirtioQueueDriver {
    const { place, options } = this.base;
    return new options.classes.Driver(port, place.handle, place.base, {
      ...this.#options(features),
      notify: () => transport.notifyDevice(() => void port.action('ring', DEVICE_CORE)),
    });
  }

  /** Sets the queue up, with all its descriptors. */
  setUpQueue(port: MemoryPort, transport: DriverTransport): number {
    const { place } = this.base;
    return transport.setUpQueue(0, place.base, place.size, (features) =>
      this.driverSide(port, transport, features),
    );
  }

  /** The system, in which the device has just booted, or in which the driver has gone on to DRIVER_OK. */
  system(
    driver: Program,
    device: Program,
    more: Partial<System> & { readonly witnesses: readonly Witness[]; readonly live: boolean },
  ): System {
    const { live, ...extra } = more;
    const start: StatusStart = live
      ? { device: 'live', queue: 'enabled', status: LIVE }
      : { device: 'reset', queue: 'disabled', status: 0 };
    const agents: AgentSpec[] = this.base.agents(driver, device);
    return this.base.system(agents, {
      properties: [
        ...soundProperties(this.base).map((property) => this.#whenReady(property)),
        statusCharts(start),
      ],
      sharedBytes: this.#sharedBytes,
      localBytes: this.#localBytes,
      operations: this.#operations,
      names: this.#names,
      setup: (ports) => this.#setUp(ports, live),
      ...extra,
    });
  }

  /** In a queue that is not set up descriptors are in no place. */
  #whenReady(property: Property): Property {
    const { name, quiescent } = property;
    if (name !== noLostDescriptorsName || quiescent === undefined) return property;
    const ready = queueRegisterLocation(this.registers, 0, 'ready');
    return {
      ...property,
      quiescent: (context) => {
        const look = quiescent(context);
        return (view) => (view.load(ready) === 0 ? null : look(view));
      },
    };
  }

  #setUp([driver, device]: readonly MemoryPort[], live: boolean): void {
    if (driver === undefined || device === undefined) throw new RangeError('expected two cores');
    const half = this.#deviceHalf(transportClasses(), device);
    half.boot();
    if (!live) return;
    // By the sound code: what is seeded is to be seen in what the agents do.
    const transport = this.#driverHalf(transportClasses(), driver, () => void half.poll());
    const results = [transport.initialize(), this.setUpQueue(driver, transport), transport.driverOk()];
    half.poll();
    if (results.some((result) => result !== 0) || half.queue(0) === null)
      throw new Error(`set up: ${results.join(', ')}`);
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
