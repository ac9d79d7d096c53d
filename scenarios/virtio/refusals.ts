/**
 * Every call that must be refused, with what is no size, no chain, no buffer and no token, and without what was not negotiated. Each
 * has to answer with its one code, and to leave everything as it was: any refusal may come any number of times. Both sides are
 * on one core here: what two cores do to each other is what the other scenarios are for.
 */
import { program, STOP, type System, type SystemOperation, type Witness } from '../../checker/index.ts';
import {
  newCollected,
  newTaken,
  type Segment,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  type VirtioQueueDevice,
  type VirtioQueueDriver,
} from '../../impl/index.ts';
import type { MemoryPort } from '../../memory/index.ts';
import {
  boundedOperation,
  documentedErrors,
  failureAtomicity,
  noOutsideAccess,
} from '../../properties/index.ts';
import type { Platform } from './platform.ts';

interface Sides {
  readonly driver: VirtioQueueDriver;
  readonly device: VirtioQueueDevice;
  readonly platform: Platform;
}

/** A call that is refused. */
interface Refusal {
  /** What is called, unique. */
  readonly call: string;
  /** What it must answer. */
  readonly code: number;
  run(sides: Sides): number;
}

/** What may be refused for a while, and what ends it. */
interface Phase {
  readonly why: string;
  readonly refusals: readonly Refusal[];
  goOn(sides: Sides): void;
}

const WORDS = 2 ** 32;

function segment({ pool }: Platform, more: Partial<Segment> = {}): Segment {
  return { addr: pool, len: 1, writable: false, ...more };
}

function refusal(call: string, code: number, run: (sides: Sides) => number): Refusal {
  return { call, code, run };
}

/** A chain of one segment that is not valid. */
function badSegment(what: string, more: Partial<Segment>): Refusal {
  return refusal(`add with ${what}`, VIRTIO_INVALID, ({ driver, platform }) =>
    driver.add([segment(platform, more)], 0),
  );
}

function expectOk(what: string, ...results: readonly number[]): void {
  if (results.some((result) => result !== VIRTIO_OK))
    throw new Error(`refusals: ${what}: ${results.join(', ')}`);
}

/** A queue of two descriptors, with IN_ORDER and INDIRECT_DESC or without both. */
function phases(platform: Platform): readonly Phase[] {
  const { layout, features, tableEntries = 0 } = platform.options;
  const split = layout.name === 'split';
  const tables = features?.indirectDesc === true;
  const add = (call: string, count: number, indirectFrom: number): Refusal =>
    refusal(call, VIRTIO_INVALID, ({ driver }) =>
      driver.add(
        Array.from({ length: count }, () => segment(platform)),
        0,
        { indirectFrom },
      ),
    );
  return [
    {
      why: 'no chain is out',
      refusals: [
        refusal('driver init with 0 descriptors', VIRTIO_INVALID, ({ driver }) => driver.init(0)),
        refusal('device init with 0 descriptors', VIRTIO_INVALID, ({ device }) => device.init(0)),
        refusal('driver init with half a descriptor', VIRTIO_INVALID, ({ driver }) => driver.init(0.5)),
        refusal('device init with too many descriptors', VIRTIO_INVALID, ({ device }) => device.init(65_536)),
        ...(split
          ? [refusal('driver init with 3 descriptors', VIRTIO_INVALID, ({ driver }) => driver.init(3))]
          : []),
        refusal('add of nothing', VIRTIO_INVALID, ({ driver }) => driver.add([], 0)),
        refusal('add with a token that is none', VIRTIO_INVALID, ({ driver }) =>
          driver.add([segment(platform)], -1),
        ),
        refusal('add of more segments than descriptors', VIRTIO_INVALID, ({ driver }) =>
          driver.add(
            Array.from({ length: platform.place.size + 1 }, () => segment(platform)),
            0,
          ),
        ),
        badSegment('a segment of no bytes', { len: 0 }),
        badSegment('a segment of half a byte', { len: 0.5 }),
        badSegment('a segment at a negative address', { addr: -8 }),
        badSegment('a segment past the end of memory', { addr: WORDS - 1, len: 2 }),
        refusal('add of 4 GiB', VIRTIO_INVALID, ({ driver }) =>
          driver.add([{ addr: 0, len: WORDS - 1, writable: false }, segment(platform)], 0),
        ),
        refusal('add with a readable segment behind a writable one', VIRTIO_INVALID, ({ driver }) =>
          driver.add([segment(platform, { writable: true }), segment(platform)], 0),
        ),
        ...(tables
          ? [
              add('add with a table of nothing', 1, 1),
              add('add with a table from before the chain', 1, -1),
              add('add with a table from half a segment', 1, 0.5),
              ...(split ? [] : [add('add with a table behind a direct segment', 2, 1)]),
              ...(tableEntries < platform.place.size ? [add('add of more than a table holds', 2, 0)] : []),
            ]
          : [add('add with a table that was not negotiated', 1, 0)]),
        refusal('collect', VIRTIO_NONE, ({ driver }) => driver.collect(newCollected())),
        refusal('take', VIRTIO_NONE, ({ device }) => device.take(newTaken())),
        refusal('giveBack', VIRTIO_INVALID, ({ device }) => device.giveBack(0, 0)),
        refusal('giveBack of what is no chain', VIRTIO_INVALID, ({ device }) => device.giveBack(-1, 0)),
        refusal('giveBack of half a chain', VIRTIO_INVALID, ({ device }) => device.giveBack(0.5, 0)),
        refusal('giveBack behind the last chain', VIRTIO_INVALID, ({ device }) =>
          device.giveBack(platform.place.size, 0),
        ),
        refusal('giveBackBatch', VIRTIO_INVALID, ({ device }) => device.giveBackBatch([0], 0)),
        refusal('giveBackBatch of nothing', VIRTIO_INVALID, ({ device }) => device.giveBackBatch([], 0)),
        refusal('giveBackBatch of too much', VIRTIO_INVALID, ({ device }) =>
          device.giveBackBatch(new Array<number>(platform.place.size + 1).fill(0), 0),
        ),
        refusal('kick of nothing', 0, ({ driver }) => Number(driver.kick())),
        refusal('interrupt of nothing', 0, ({ device }) => Number(device.interrupt())),
      ],
      goOn({ driver, device }) {
        const full = Array.from({ length: platform.place.size }, () => segment(platform, { writable: true }));
        const taken = newTaken();
        expectOk('a chain of the whole ring', driver.add(full, 7), device.take(taken));
      },
    },
    {
      why: 'all descriptors are out',
      refusals: [
        refusal('add without room', VIRTIO_NO_SPACE, ({ driver }) => driver.add([segment(platform)], 0)),
        refusal('collect too early', VIRTIO_NONE, ({ driver }) => driver.collect(newCollected())),
        refusal('giveBack of more than was written', VIRTIO_INVALID, ({ device }) =>
          device.giveBack(0, platform.place.size + 1),
        ),
        refusal('giveBack of half a byte', VIRTIO_INVALID, ({ device }) => device.giveBack(0, 0.5)),
        refusal('giveBackBatch of more than was written', VIRTIO_INVALID, ({ device }) =>
          device.giveBackBatch([0], platform.place.size + 1),
        ),
        refusal('giveBackBatch of one chain twice', VIRTIO_INVALID, ({ device }) =>
          device.giveBackBatch([0, 0], 0),
        ),
      ],
      goOn({ driver, device }) {
        const out = newCollected();
        expectOk('given back', device.giveBack(0, 1), driver.collect(out));
        if (out.token !== 7 || out.len !== 1) throw new Error(`refusals: collected ${JSON.stringify(out)}`);
      },
    },
  ];
}

/** The operation around a call that must answer with this. */
function expectation(code: number): string {
  return `expect ${code}`;
}

/** Sides of one queue on one core; their private halves lie one behind the other. */
export function refusalsSystem(platform: Platform): System {
  const { layout, size } = platform.options;
  const deviceAt = 8 * Math.ceil(layout.driverBytes(size) / 8);
  const all = phases(platform);
  const sidesOn = (port: MemoryPort): Sides => ({
    driver: platform.driver(port),
    device: platform.device(port, deviceAt),
    platform,
  });
  const main = program<{ readonly phase: number }>({ phase: 0 }, (port) => {
    const sides = sidesOn(port);
    return (state) => {
      const phase = all[state.phase];
      if (phase === undefined) return STOP;
      const refused = phase.refusals[port.choose(phase.refusals.length + 1)];
      if (refused !== undefined) {
        port.op(expectation(refused.code), { call: refused.call }, () => refused.run(sides));
        return state;
      }
      phase.goOn(sides);
      return { phase: state.phase + 1 };
    };
  });
  const codes = all.flatMap(({ refusals }) => refusals.map(({ code }) => code));
  const operations: Record<string, SystemOperation> = Object.fromEntries([
    ...Object.entries(platform.operations).map(([name, { codes: its, succeeded }]) => [
      name,
      { codes: its, succeeded },
    ]),
    // Each has one documented result, and never succeeds: so it may not change anything either.
    ...codes.map((code) => [expectation(code), { codes: { [code]: 'refused' }, succeeded: () => false }]),
  ]);
  const witnesses = all.map(({ why, refusals }): Witness => {
    const calls = refusals.map(({ call }) => call);
    return {
      name: `refused while ${why}`,
      reached: (seen) =>
        seen.kind === 'event' &&
        seen.event.kind === 'return' &&
        typeof seen.event.args.call === 'string' &&
        calls.includes(seen.event.args.call),
    };
  });
  const plain = platform.system([], { witnesses: [] });
  return {
    ...plain,
    localBytes: deviceAt + 8 * Math.ceil(layout.deviceBytes(size) / 8),
    cores: ['main'],
    agents: [{ name: 'main', core: 0, program: main }],
    slots: [],
    queues: 0,
    chains: false,
    operations,
    setup([port]) {
      if (port === undefined) throw new RangeError('expected a core');
      const { driver, device } = sidesOn(port);
      expectOk('set up', driver.init(size), device.init(size));
    },
    properties: [noOutsideAccess, failureAtomicity, documentedErrors, boundedOperation],
    witnesses,
    home: () => true,
    census: () => undefined,
    watchAccesses: false,
  };
}
