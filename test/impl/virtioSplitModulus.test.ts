import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Features,
  newCollected,
  newTaken,
  type Segment,
  UNKNOWN_LENGTH,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
} from 'vqcheck/impl';
import type { RecordedAccess } from './recordingPort.ts';
import { newSplit, readable, type SplitSystem, writable } from './virtioSplitSystem.ts';

const CALLS = [
  'add',
  'add',
  'take',
  'take',
  'giveBack',
  'giveBack',
  'batch',
  'collect',
  'collect',
  'kick',
  'interrupt',
  'enable',
  'disable',
] as const;

type Step = { readonly call: (typeof CALLS)[number]; readonly pick: number; readonly count: number };
type Run = {
  readonly results: unknown[];
  readonly driver: RecordedAccess[];
  readonly device: RecordedAccess[];
  /** Whether each kick and each interrupt was one. */
  readonly notified: boolean[];
};

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    call: fc.constantFrom(...CALLS),
    pick: fc.nat(7),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 20, maxLength: 80 },
);

type Chain = { readonly token: number; readonly segments: readonly Segment[]; readonly needed: number };
type Held = { readonly head: number; readonly chain: Chain };

/** The accesses to shared memory, with indices modulo two laps: what is the same at every modulus. */
function normalized({ geometry, size }: SplitSystem, accesses: readonly RecordedAccess[]): RecordedAccess[] {
  const { avail, usedEvent, used, availEvent } = geometry;
  const indices = [avail + 2, usedEvent, used + 2, availEvent];
  return accesses.map((access) =>
    indices.includes(Number(access[2])) ? [...access.slice(0, 5), Number(access[5]) % (2 * size)] : access,
  );
}

const room = (segments: readonly Segment[]): number =>
  segments.reduce((sum, segment) => sum + (segment.writable ? segment.len : 0), 0);

/** Runs a sequence of calls, and holds each result against a queue written from the document: chains in lists, no rings. */
function run(
  size: number,
  features: Features,
  modulus: number,
  start: number,
  sequence: readonly Step[],
): Run {
  const system = newSplit(size, {
    features,
    indexModulus: modulus,
    start: start % modulus,
    tableEntries: 4,
  });
  const { driver, device } = system;
  const inOrder = features.inOrder === true;
  const available: Chain[] = [];
  const held: Held[] = [];
  const used: { readonly chain: Chain; readonly len: number }[] = [];
  const results: unknown[] = [];
  const notified: boolean[] = [];
  let token = 0;
  const out = (): number =>
    [...available, ...held.map(({ chain }) => chain), ...used.map(({ chain }) => chain)].reduce(
      (sum, { needed }) => sum + needed,
      0,
    );
  for (const { call, pick, count } of sequence) {
    switch (call) {
      case 'add': {
        const length = Math.min(count, size);
        const segments = Array.from({ length }, (_, n) =>
          n < pick % (length + 1) ? readable(system, n, 3) : writable(system, n, 5),
        );
        const indirectFrom =
          features.indirectDesc === true && pick > 3 ? Math.min(pick - 4, length - 1) : undefined;
        const needed = indirectFrom === undefined ? length : indirectFrom + 1;
        const code = driver.add(segments, ++token, indirectFrom === undefined ? {} : { indirectFrom });
        const fits = out() + needed <= size;
        expect(code).toBe(fits ? VIRTIO_OK : VIRTIO_NO_SPACE);
        if (fits) available.push({ token, segments, needed });
        results.push([call, code]);
        break;
      }
      case 'take': {
        const taken = newTaken();
        const code = device.take(taken);
        const chain = available.shift();
        expect(code).toBe(chain === undefined ? VIRTIO_NONE : VIRTIO_OK);
        if (chain !== undefined) {
          expect(taken.segments).toEqual(chain.segments);
          held.push({ head: taken.head, chain });
        }
        results.push([call, code, taken.head]);
        break;
      }
      case 'giveBack': {
        const [given] = held.splice(inOrder ? 0 : pick % Math.max(1, held.length), 1);
        if (given === undefined) break;
        const len = Math.min(pick, room(given.chain.segments));
        expect(device.giveBack(given.head, len)).toBe(VIRTIO_OK);
        used.push({ chain: given.chain, len });
        break;
      }
      case 'batch': {
        if (!inOrder) break;
        const batch = held.splice(0, count);
        const last = batch.at(-1);
        if (last === undefined) break;
        const len = Math.min(pick, room(last.chain.segments));
        expect(
          device.giveBackBatch(
            batch.map(({ head }) => head),
            len,
          ),
        ).toBe(VIRTIO_OK);
        used.push(...batch.map(({ chain }) => ({ chain, len: chain === last.chain ? len : UNKNOWN_LENGTH })));
        break;
      }
      case 'collect': {
        const collected = newCollected();
        const code = driver.collect(collected);
        const first = used.shift();
        expect(code).toBe(first === undefined ? VIRTIO_NONE : VIRTIO_OK);
        if (first !== undefined)
          expect([collected.token, collected.len]).toEqual([first.chain.token, first.len]);
        results.push([call, code, collected.head]);
        break;
      }
      case 'kick':
        notified.push(driver.kick());
        break;
      case 'interrupt':
        notified.push(device.interrupt());
        break;
      case 'enable':
        expect([driver.enableInterrupts(), device.enableKicks()]).toEqual([
          used.length === 0,
          available.length === 0,
        ]);
        break;
      case 'disable':
        driver.disableInterrupts();
        device.disableKicks();
        break;
    }
    expect(system.driverState.free_count).toBe(size - out());
  }
  return {
    results,
    driver: normalized(system, system.driverPort.shared()),
    device: normalized(system, system.devicePort.shared()),
    notified,
  };
}

describe('random calls', () => {
  it('do what lists of chains do, and the index modulus makes no difference: two laps do as well as 65536', () => {
    let kinds = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.record({ inOrder: fc.boolean(), indirectDesc: fc.boolean() }),
        fc.constantFrom(0, 65_535, 65_534, 32_767, 5),
        steps,
        (size, features, start, sequence) => {
          const shipped = run(size, features, 65_536, start, sequence);
          expect(run(size, features, 2 * size, start, sequence)).toEqual(shipped);
          kinds |= shipped.notified.includes(true) ? 1 : 0;
          kinds |= shipped.notified.includes(false) ? 2 : 0;
        },
      ),
      { seed: 20_260_601, numRuns: 400 },
    );
    expect(kinds).toBe(3);
  });

  it('with EVENT_IDX are notified at the smallest modulus whenever they are at 65536, and make the same accesses', () => {
    let notifications = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.record({ inOrder: fc.boolean(), indirectDesc: fc.boolean() }),
        fc.constantFrom(0, 65_535, 65_534, 32_767, 5),
        steps,
        (size, more, start, sequence) => {
          const features = { ...more, eventIdx: true };
          const shipped = run(size, features, 65_536, start, sequence);
          const small = run(size, features, 2 * size, start, sequence);
          expect({ ...small, notified: [] }).toEqual({ ...shipped, notified: [] });
          for (const [i, was] of shipped.notified.entries()) {
            if (was) {
              notifications++;
              expect(small.notified[i]).toBe(true);
            }
          }
        },
      ),
      { seed: 20_260_602, numRuns: 400 },
    );
    expect(notifications).toBeGreaterThan(100);
  });

  it('include a full queue that wraps, of every size', () => {
    for (const size of [1, 2, 4, 8]) {
      for (const features of [{}, { inOrder: true }]) {
        const times = <T>(call: T): T[] => Array.from({ length: size }, () => call);
        const lap = [
          ...times('add' as const),
          ...times('take' as const),
          ...times('giveBack' as const),
          ...times('collect' as const),
        ].map((call): Step => ({ call, pick: 0, count: 1 }));
        const { results } = run(size, features, 65_536, 65_535, Array.from({ length: 4 }, () => lap).flat());
        expect(results.every((result) => (result as unknown[])[1] === VIRTIO_OK)).toBe(true);
        expect(results).toHaveLength(12 * size);
      }
    }
  });
});
