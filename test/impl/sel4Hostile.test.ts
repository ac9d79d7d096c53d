/** A peer that at times writes whatever it likes into shared memory: nothing throws, nothing hangs, nothing leads outside. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { new_ring_object, type RingObject, VQ_OK } from 'vqcheck/impl';
import { bytesOf, type ChannelSystem, newChannel, newGathered } from './sel4System.ts';

type Step = { readonly call: number; readonly at: number; readonly value: number; readonly size: number };

/** Values that look like something. */
const VALUES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 0x7fff, 0x8000, 0xffff, 60_000];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    call: fc.nat(9),
    at: fc.nat(200),
    value: fc.oneof(fc.constantFrom(...VALUES), fc.nat(0xffff)),
    size: fc.integer({ min: 0, max: 40 }),
  }),
  { minLength: 40, maxLength: 80 },
);

/** Where a peer's 16-bit word goes: anywhere before the pool. */
function disturb({ view, geometry }: ChannelSystem, { at, value }: Step): void {
  const words = (geometry.pool - geometry.avail_ring) / 2;
  view.setUint16(geometry.avail_ring + 2 * (at % words), value, true);
}

function inPool({ geometry, blocks, block_size }: ChannelSystem, buf: number, len: number): boolean {
  return buf >= geometry.pool && buf + len <= geometry.pool + blocks * block_size;
}

describe('a peer that breaks every rule', () => {
  /** How often each answer was given, so that no test passes because nothing happened. */
  const answers = new Map<string, number>();
  function answered(call: string, code: number, possible: readonly number[]): void {
    expect(possible).toContain(code);
    const key = `${call} ${code}`;
    answers.set(key, (answers.get(key) ?? 0) + 1);
  }

  it('cannot make the driver do more than answer 1, 0 or -1, nor lose count of its blocks', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4), steps, (q, sequence) => {
        const system = newChannel(q);
        const { driver } = system;
        const collected: RingObject[] = [];
        for (const step of sequence) {
          const object = new_ring_object();
          switch (step.call) {
            case 0:
            case 1:
              answered('send', driver.driver_scatter_send_buffer(bytesOf(step.size)), [0, -1]);
              break;
            case 2:
            case 3: {
              const code = driver.get_used_buf(object, { len: 0 });
              answered('collect', code, [1, 0, -1]);
              if (code === VQ_OK) collected.push(object);
              break;
            }
            case 4: {
              const back = collected.pop();
              if (back === undefined) break;
              expect(driver.driver_gather_copy_buffer(back, new Uint8Array(step.size))).toBe(0);
              break;
            }
            case 5:
            case 6: {
              // At times the peer does as it should.
              const taken = new_ring_object();
              if (system.device.get_available_buf(taken) === VQ_OK)
                system.device.add_used_buf(taken, step.size % 9);
              break;
            }
            default:
              disturb(system, step);
          }
        }
        for (const back of collected) driver.driver_gather_copy_buffer(back, new Uint8Array(0));
        // What is not free is with the device, piece by piece: as many descriptors as blocks.
        expect(system.pool.num_free).toBe(system.driverState.num_free);
        const blocks = new Set<number>();
        for (const out = { buf: 0 }; driver.buffer_alloc(out, 1) === 0; ) blocks.add(out.buf);
        expect([...blocks].every((buf) => inPool(system, buf, 8))).toBe(true);
        expect(blocks.size).toBe(system.driverState.num_free);
      }),
      { seed: 20_260_103, numRuns: 500 },
    );
  });

  it('cannot make the device do more than answer 1, 0 or -1, nor lead it out of the pool', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4), steps, (q, sequence) => {
        const system = newChannel(q);
        const { device } = system;
        const held: RingObject[] = [];
        for (const step of sequence) {
          const object = held.at(-1) ?? new_ring_object();
          switch (step.call) {
            case 0:
            case 1: {
              const taken = new_ring_object();
              const code = device.get_available_buf(taken);
              answered('take', code, [1, 0, -1]);
              if (code === VQ_OK) held.push(taken);
              break;
            }
            case 2: {
              const out = newGathered();
              const code = device.device_gather_buffer(object, out);
              answered('gather', code, [0, -1]);
              if (code === 0) expect(inPool(system, out.buf, out.len)).toBe(true);
              break;
            }
            case 3:
              expect(device.scattered_available_size(object)).toBeLessThanOrEqual(q * q * 8);
              break;
            case 4: {
              const before = system.bytes().slice(0, system.geometry.pool);
              const code = device.device_scatter_copy_buffer(object, bytesOf(step.size));
              answered('copy', code, [0, -1]);
              if (code === 0) held.pop();
              else expect(system.bytes().slice(0, system.geometry.pool)).toEqual(before);
              break;
            }
            case 5:
            case 6:
              system.driver.driver_scatter_send_buffer(bytesOf(step.size));
              break;
            default:
              disturb(system, step);
          }
        }
        expect(held.length).toBeLessThanOrEqual(q);
        for (const object of held) expect(device.add_used_buf(object, 0)).toBe(VQ_OK);
      }),
      { seed: 20_260_104, numRuns: 500 },
    );
  });

  it('has got every answer from them', () => {
    const expected = [
      'send 0',
      'send -1',
      'collect 1',
      'collect 0',
      'collect -1',
      'take 1',
      'take 0',
      'take -1',
    ];
    const all = [...expected, 'gather 0', 'gather -1', 'copy 0', 'copy -1'];
    expect(all.filter((answer) => (answers.get(answer) ?? 0) < 20)).toEqual([]);
  });
});
