import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAMKES_OK, new_ring_object, type RingObject, smallest_virtqueue_modulus, VQ_OK } from 'vqcheck/impl';
import type { RecordedAccess } from './recordingPort.ts';
import { bytesOf, type ChannelSystem, newChannel } from './sel4System.ts';

type Step = {
  readonly call: 'send' | 'take' | 'return' | 'collect' | 'free';
  readonly pick: number;
  readonly size: number;
};
type Run = {
  readonly results: unknown[];
  readonly driver: RecordedAccess[];
  readonly device: RecordedAccess[];
};

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    call: fc.constantFrom('send', 'send', 'take', 'return', 'collect', 'free'),
    pick: fc.nat(3),
    size: fc.integer({ min: 0, max: 34 }),
  }),
  { maxLength: 80 },
);

type Message = { readonly tag: number; readonly size: number };
type Held = { readonly object: RingObject; readonly message: Message };

/** The accesses to shared memory, with indices modulo two laps: what is the same at every modulus. */
function normalized(system: ChannelSystem, accesses: readonly RecordedAccess[]): RecordedAccess[] {
  const indices = [system.geometry.avail_ring + 2, system.geometry.used_ring + 2];
  return accesses.map((access) =>
    indices.includes(Number(access[2]))
      ? [...access.slice(0, 5), Number(access[5]) % smallest_virtqueue_modulus(system.q)]
      : access,
  );
}

/**
 * Runs a sequence of calls and holds each result against a queue written from the document: chains in a list, no
 * rings. Messages are held, returned and freed in whatever order `pick` says.
 */
function run(q: number, blocks: number, modulus: number, start: number, sequence: readonly Step[]): Run {
  const system = newChannel(q, { blocks, index_modulus: modulus, start: start % modulus });
  const { driver, device } = system;
  const sent: Message[] = [];
  const held: Held[] = [];
  const back: Message[] = [];
  const collected: Held[] = [];
  const results: unknown[] = [];
  const pieces = ({ size }: Message): number => Math.ceil(size / 8);
  const out = (): number =>
    [...sent, ...held.map(({ message }) => message), ...back, ...collected.map(({ message }) => message)]
      .map(pieces)
      .reduce((sum, count) => sum + count, 0);
  let tag = 0;
  const pickFrom = <T>(from: T[], pick: number): T | undefined =>
    from.splice(pick % Math.max(1, from.length), 1)[0];
  for (const { call, pick, size } of sequence) {
    switch (call) {
      case 'send': {
        const message = { tag: tag++, size };
        const code = driver.driver_scatter_send_buffer(bytesOf(size, message.tag));
        const fits = out() + pieces(message) <= Math.min(q, blocks);
        expect(code).toBe(fits ? CAMKES_OK : -1);
        if (fits && size > 0) sent.push(message);
        results.push([call, code]);
        break;
      }
      case 'take': {
        const object = new_ring_object();
        expect(device.dev_poll()).toBe(sent.length > 0);
        const code = device.get_available_buf(object);
        const message = sent.shift();
        expect(code).toBe(message === undefined ? 0 : VQ_OK);
        if (message !== undefined) held.push({ object, message });
        results.push([call, code, object.first]);
        break;
      }
      case 'return': {
        const holding = pickFrom(held, pick);
        if (holding === undefined) break;
        const { object, message } = holding;
        expect(device.scattered_available_size(object)).toBe(message.size);
        const into = new Uint8Array(message.size);
        expect(device.device_gather_copy_buffer(object, into)).toBe(CAMKES_OK);
        expect(into).toEqual(bytesOf(message.size, message.tag));
        back.push(message);
        break;
      }
      case 'collect': {
        const object = new_ring_object();
        const used = { len: -1 };
        expect(driver.drv_poll()).toBe(back.length > 0);
        const code = driver.get_used_buf(object, used);
        const message = back.shift();
        expect(code).toBe(message === undefined ? 0 : VQ_OK);
        if (message === undefined) break;
        expect(used.len).toBe(message.size);
        collected.push({ object, message });
        results.push([call, object.first]);
        break;
      }
      case 'free': {
        const holding = pickFrom(collected, pick);
        if (holding === undefined) break;
        const into = new Uint8Array(holding.message.size);
        expect(driver.driver_gather_copy_buffer(holding.object, into)).toBe(CAMKES_OK);
        expect(into).toEqual(bytesOf(holding.message.size, holding.message.tag));
        break;
      }
    }
    expect(system.driverState.num_free).toBe(q - out());
    expect(system.pool.num_free).toBe(blocks - out());
  }
  return {
    results,
    driver: normalized(system, system.driverPort.shared()),
    device: normalized(system, system.devicePort.shared()),
  };
}

describe('random calls', () => {
  it('do what a list of messages does, and the index modulus makes no difference: two laps do as well as 65536', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.constantFrom(1, 2, 4, 9),
        fc.constantFrom(0, 65_535, 65_534, 32_767, 5),
        steps,
        (q, blocks, start, sequence) => {
          const shipped = run(q, blocks, 65_536, start, sequence);
          expect(run(q, blocks, smallest_virtqueue_modulus(q), start, sequence)).toEqual(shipped);
        },
      ),
      { seed: 20_260_102, numRuns: 300 },
    );
  });

  it('include a full queue that wraps, of every length', () => {
    for (const q of [1, 2, 4, 8]) {
      const lap = (
        ['send', 'send', 'take', 'take', 'return', 'return', 'collect', 'collect', 'free', 'free'] as const
      ).map((call): Step => ({ call, pick: 1, size: 4 * q }));
      const { results } = run(q, q, 65_536, 65_535, Array.from({ length: 12 }, () => lap).flat());
      const sends = results.filter((result) => (result as unknown[])[0] === 'send');
      // Half a queue each, so that two fill it; a single descriptor is filled by one.
      expect(sends.map((result) => (result as unknown[])[1])).toEqual(
        sends.map((_, i) => (q === 1 && i % 2 === 1 ? -1 : 0)),
      );
    }
  });
});
