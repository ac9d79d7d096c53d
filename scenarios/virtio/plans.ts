/** The VirtIO scenarios. */
import { NO_BUFFER, VIRTIO_NO_SPACE, VIRTIO_NONE } from '../../impl/index.ts';
import type { PlainData } from '../../memory/index.ts';
import type { ScenarioParams } from '../target.ts';
import {
  anyOrderDevice,
  type DeviceState,
  type DriverState,
  drainingDevice,
  type FillingState,
  fillingDriver,
  inOrderDevice,
  pollingDriver,
} from './agents.ts';
import type { Shape } from './application.ts';
import { assembled, called, type Plan, rested, returned } from './plan.ts';

const noBuffer = returned('no buffer left', 'allocateBuffer', NO_BUFFER);
const noSpace = returned('no descriptor left', 'add', VIRTIO_NO_SPACE);
const empty = returned('nothing to take', 'take', VIRTIO_NONE);
const nothingBack = returned('nothing to collect', 'collect', VIRTIO_NONE);

/** The driver has begun the second lap of the rings. */
function secondLap(size: number) {
  return rested<{ readonly tag: number }>('ring wrapped', 'driver', ({ tag }) => tag >= size);
}

/** A chain with so many descriptors was made available. */
function chainOf(segments: number) {
  return called(
    `chain of ${segments} sent`,
    'add',
    (args) => Array.isArray(args.segments) && args.segments.length === segments,
  );
}

/** From so many descriptors on only some messages are sent: without end these are millions of states. */
function few(messages: number, { size }: { readonly size: number }, params: ScenarioParams) {
  return params.slots >= size && params.realistic !== true ? { messages } : {};
}

/** A driver that has sent all that it was to send has no work left. */
function finished([driver]: readonly (PlainData | null)[]): boolean {
  return (driver as DriverState).left === 0;
}

/** One to `longest` segments in turn: only for reading, with a reply, and only for writing. */
export function mixedShape(longest: number): (tag: number) => Shape {
  const shapes = Array.from({ length: longest }, (_, i) => i + 1).flatMap((count) =>
    count === 1
      ? [
          { readable: 1, writable: 0 },
          { readable: 0, writable: 1 },
        ]
      : [{ readable: count - 1, writable: 1 }, ...(count > 2 ? [{ readable: 1, writable: count - 1 }] : [])],
  );
  return (tag) => shapes[tag % shapes.length] ?? { readable: 1, writable: 0 };
}

export const plans: readonly Plan[] = [
  {
    name: 'in-order',
    title: 'one segment a chain, given back in the order of their arrival; without end',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags, length }) {
      const platform = newPlatform();
      return assembled(
        platform,
        pollingDriver({ platform, tags, length }),
        inOrderDevice({ platform }),
        [noBuffer, empty, nothingBack, secondLap(slots)],
        { finished },
      );
    },
  },
  {
    name: 'any-order',
    title: 'one segment a chain; the device holds up to two of them and gives them back in any order',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags, length }) {
      const platform = newPlatform();
      const two = [
        rested<DeviceState>('two chains held', 'device', ({ held }) => held.length === 2),
        rested<DeviceState>('given back out of order', 'device', ({ returning }) => returning === 2),
      ];
      return assembled(
        platform,
        pollingDriver({ platform, tags, length }),
        anyOrderDevice({ platform, holds: 2 }),
        [noBuffer, empty, secondLap(slots), ...(slots > 1 ? two : [])],
        { finished },
      );
    },
  },
  {
    name: 'chains',
    title:
      'chains of one to three segments, of which the device reads some and writes a reply into the others',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system(_params, { platform: newPlatform, tags, length, longest }) {
      const platform = newPlatform();
      return assembled(
        platform,
        pollingDriver({ platform, tags, length, shape: mixedShape(longest) }),
        inOrderDevice({ platform }),
        [empty, ...Array.from({ length: longest }, (_, i) => chainOf(i + 1))],
        { finished },
      );
    },
  },
  {
    name: 'full-ring',
    title: 'the driver sends until no descriptor is left, the device takes all before it gives any back',
    most: { sc: 4, tso: 4, pso: 2, rc11: 2 },
    system({ slots }, { platform: newPlatform, tags, length }) {
      const platform = newPlatform({ buffers: slots + 1 });
      return assembled(platform, fillingDriver({ platform, tags, length }), drainingDevice({ platform }), [
        noSpace,
        empty,
        rested<DeviceState>('every chain held', 'device', ({ held }) => held.length === slots),
        rested<FillingState>('every chain out', 'driver', ({ out }) => out === slots),
      ]);
    },
  },
];
void few;
