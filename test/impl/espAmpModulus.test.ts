import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallest_modulus } from 'vqcheck/impl';
import type { RecordedAccess } from './recordingPort.ts';
import { type Core, newOut, newQueue } from './system.ts';

type Step = {
  readonly call: 'alloc' | 'send' | 'recv' | 'free';
  readonly pick: number;
  readonly size: number;
};
type Run = { readonly results: unknown[]; readonly main: RecordedAccess[]; readonly sub: RecordedAccess[] };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    call: fc.constantFrom('alloc', 'send', 'recv', 'free'),
    pick: fc.nat(3),
    size: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 60 },
);

/** Runs a sequence of calls; held buffers are sent and freed in whatever order `pick` says. */
function run(slots: number, modulus: number, start: number, sequence: readonly Step[]): Run {
  const { main, sub } = newQueue(slots, 8, { index_modulus: modulus });
  const toward = (core: Core): void => {
    core.handle.free_index = start % modulus;
    core.handle.used_index = start % modulus;
  };
  toward(main);
  toward(sub);
  const reserved: number[] = [];
  const held: number[] = [];
  const results: unknown[] = [];
  const take = (from: number[], pick: number): number =>
    from.splice(pick % Math.max(1, from.length), 1)[0] ?? 0;
  for (const { call, pick, size } of sequence) {
    const out = newOut();
    let code: number;
    switch (call) {
      case 'alloc':
        code = main.queue.alloc_try(out, size);
        if (code === 0) reserved.push(out.address);
        break;
      case 'send': {
        const buffer = take(reserved, pick);
        code = main.queue.send_try(buffer, size);
        if (code !== 0 && buffer !== 0) reserved.push(buffer);
        break;
      }
      case 'recv':
        code = sub.queue.recv_try(out);
        if (code === 0) held.push(out.address);
        break;
      case 'free':
        code = sub.queue.free_try(take(held, pick));
        break;
    }
    results.push([call, code, out.address, out.size]);
  }
  return { results, main: main.port.shared(), sub: sub.port.shared() };
}

describe('the index modulus', () => {
  // From corresponding handles: at a start index that is a multiple of two laps both flip counters are 1.
  it('makes no difference to any shared access or result: two laps do as well as 65536', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(0, 65_536 - 8, 65_536 - 16, 32_768),
        steps,
        (slots, start, sequence) => {
          const shipped = run(slots, 65_536, start, sequence);
          expect(run(slots, smallest_modulus(slots), start, sequence)).toEqual(shipped);
        },
      ),
      { seed: 20_260_101, numRuns: 300 },
    );
  });

  it('is put to the test by sequences that fill the ring, empty it and wrap', () => {
    const sequence = Array.from({ length: 200 }, (_, i): Step => {
      const call =
        (['alloc', 'alloc', 'send', 'send', 'recv', 'recv', 'free', 'free'] as const)[i % 8] ?? 'alloc';
      return { call, pick: 1, size: 8 };
    });
    const { results } = run(1, 65_536, 65_536 - 8, sequence);
    const codes = new Set(results.map((result) => (result as unknown[])[1]));
    expect(codes).toEqual(new Set([0, 0x105, 0x10d]));
  });
});
