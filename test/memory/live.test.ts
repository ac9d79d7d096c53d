import { describe, expect, it } from 'vitest';
import {
  AccessError,
  LayoutMap,
  LivePort,
  locationAt,
  type Ordering,
  struct,
  u16,
  type Width,
} from 'vqcheck/memory';

const ORDERINGS: readonly Ordering[] = ['plain', 'relaxed', 'acquire', 'release', 'seq_cst'];
const WIDTHS: readonly Width[] = [8, 16, 32, 64];
const SPACES = ['shared', 'local'] as const;

function newPort(): { port: LivePort; shared: DataView; local: DataView } {
  const shared = new SharedArrayBuffer(64);
  const local = new ArrayBuffer(64);
  return { port: new LivePort({ shared, local }), shared: new DataView(shared), local: new DataView(local) };
}

describe('LivePort', () => {
  it('stores and loads every width with every ordering, little-endian and nothing beside it', () => {
    for (const space of SPACES) {
      for (const width of WIDTHS) {
        for (const order of ORDERINGS) {
          const memories = newPort();
          const at = locationAt(space, 16, width);
          const value = Number(0x12_3456_789a_bcden % 2n ** BigInt(width));
          memories.port.store(at, value, order);
          expect(memories.port.load(at, order)).toBe(value);
          const bytes = Array.from({ length: 16 }, (_, i) => memories[space].getUint8(12 + i));
          const expected = Array.from({ length: 16 }, (_, i) =>
            i < 4 || i >= 4 + width / 8 ? 0 : Math.floor(value / 2 ** (8 * (i - 4))) % 256,
          );
          expect(bytes).toEqual(expected);
        }
      }
    }
  });

  it('cuts a value to the width, and reads it back unsigned', () => {
    for (const space of SPACES) {
      for (const order of ['plain', 'relaxed'] as const) {
        const { port } = newPort();
        port.store(locationAt(space, 0, 8), 0x1ff, order);
        port.store(locationAt(space, 2, 16), -1, order);
        port.store(locationAt(space, 4, 32), 2 ** 32 + 0xffff_fffe, order);
        expect(port.load(locationAt(space, 0, 8), order)).toBe(0xff);
        expect(port.load(locationAt(space, 2, 16), order)).toBe(0xffff);
        expect(port.load(locationAt(space, 4, 32), order)).toBe(0xffff_fffe);
      }
    }
  });

  it('returns the value found by each read-modify-write, and leaves the result in memory', () => {
    const cases = [
      ['exchange', 0x0f, 0x0f],
      ['add', 0xff, 0x3b],
      ['sub', 0x3d, 0xff],
      ['and', 0x0f, 0x0c],
      ['or', 0x03, 0x3f],
      ['xor', 0xff, 0xc3],
    ] as const;
    for (const space of SPACES) {
      for (const [operation, operand, result] of cases) {
        const { port } = newPort();
        const at = locationAt(space, 3, 8);
        port.store(at, 0x3c, 'plain');
        expect(port.rmw(at, operation, operand, 'acq_rel')).toBe(0x3c);
        expect(port.load(at, 'plain')).toBe(result);
      }
    }
  });

  it('swaps at every width if and only if the expected value is found', () => {
    for (const space of SPACES) {
      for (const width of WIDTHS) {
        const { port } = newPort();
        const at = locationAt(space, 8, width);
        port.store(at, 5, 'plain');
        expect(port.cas(at, 6, 7, 'acq_rel', 'relaxed')).toBe(5);
        expect(port.load(at, 'plain')).toBe(5);
        expect(port.cas(at, 5, 7, 'acq_rel', 'relaxed')).toBe(5);
        expect(port.load(at, 'plain')).toBe(7);
        expect(port.rmw(at, 'add', 3, 'relaxed')).toBe(7);
        expect(port.load(at, 'plain')).toBe(10);
      }
    }
  });

  it('refuses what is no safe integer at 64 bits, whether stored or found', () => {
    const { port, shared } = newPort();
    const at = locationAt('shared', 8, 64);
    for (const value of [2 ** 53, -1, 0.5]) {
      expect(() => port.store(at, value, 'relaxed')).toThrow(
        expect.objectContaining({ code: 'unsafe-integer' }),
      );
    }
    shared.setBigUint64(8, 2n ** 53n, true);
    expect(() => port.load(at, 'plain')).toThrow(expect.objectContaining({ code: 'unsafe-integer' }));
    port.store(at, Number.MAX_SAFE_INTEGER, 'seq_cst');
    expect(port.load(at, 'seq_cst')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('refuses misaligned accesses of every kind and changes nothing', () => {
    for (const space of SPACES) {
      for (const width of [16, 32, 64] as const) {
        for (const order of ['plain', 'relaxed'] as const) {
          const memories = newPort();
          const { port } = memories;
          const at = locationAt(space, 8 + width / 16, width);
          const misaligned = expect.objectContaining({ code: 'misaligned', byteOffset: 8 + width / 16 });
          expect(() => port.load(at, order)).toThrow(misaligned);
          expect(() => port.store(at, 1, order)).toThrow(misaligned);
          expect(() => port.rmw(at, 'add', 1, 'relaxed')).toThrow(misaligned);
          expect(() => port.cas(at, 0, 1, 'relaxed', 'relaxed')).toThrow(misaligned);
          for (let i = 0; i < 64; i++) expect(memories[space].getUint8(i)).toBe(0);
        }
      }
    }
  });

  it('refuses accesses outside of every kind, and allows the last one inside', () => {
    for (const space of SPACES) {
      for (const width of WIDTHS) {
        for (const order of ['plain', 'relaxed'] as const) {
          const { port } = newPort();
          const outside = expect.objectContaining({
            code: 'out-of-range',
            byteOffset: 64,
            lengthBytes: width / 8,
          });
          const at = locationAt(space, 64, width);
          expect(() => port.load(at, order)).toThrow(outside);
          expect(() => port.store(at, 1, order)).toThrow(outside);
          expect(() => port.rmw(at, 'or', 1, 'relaxed')).toThrow(outside);
          expect(() => port.cas(at, 0, 1, 'relaxed', 'relaxed')).toThrow(outside);
          expect(port.load(locationAt(space, 64 - width / 8, width), order)).toBe(0);
        }
      }
    }
  });

  it('names the location in its errors, by the map or by its offset', () => {
    const pair_t = struct('pair_t', { low: u16('plain'), high: u16('plain') });
    const memories = { shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) };
    const port = new LivePort({ ...memories, names: new LayoutMap().place('desc', 'shared', pair_t, 0, 4) });
    const named = (): number => port.load(locationAt('shared', 14, 16), 'plain');
    expect(named).toThrow(AccessError);
    expect(named).toThrow('desc[3].high: 2 bytes at shared+0xe, outside a memory of 8 bytes');
    expect(() => new LivePort(memories).load(locationAt('local', 3, 16), 'plain')).toThrow(
      'local+0x3: 2 bytes at local+0x3, which is no multiple of 2',
    );
  });

  it('copies payload of any length from and to any offset', () => {
    const shared = new SharedArrayBuffer(1024);
    const port = new LivePort({ shared, local: new ArrayBuffer(0) });
    const bytes = new Uint8Array(shared);
    for (const length of [0, 1, 3, 4, 64, 65, 256, 260, 600]) {
      for (const offset of [0, 1, 4, 7, 64]) {
        bytes.fill(0);
        const payload = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 251);
        port.writeRange(offset, payload);
        expect([...bytes.subarray(offset, offset + length)]).toEqual([...payload]);
        expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(payload.reduce((sum, byte) => sum + byte, 0));
        const read = new Uint8Array(length + 4).subarray(
          offset === 64 ? 1 : 4,
          (offset === 64 ? 1 : 4) + length,
        );
        port.readRange(offset, read);
        expect([...read]).toEqual([...payload]);
        bytes.fill(0);
        port.writeRange(offset, read);
        expect([...bytes.subarray(offset, offset + length)]).toEqual([...payload]);
        expect(bytes.reduce((sum, byte) => sum + byte, 0)).toBe(payload.reduce((sum, byte) => sum + byte, 0));
      }
    }
  });

  it('copies from the array that it is given, also when it was given another one before', () => {
    const { port, shared } = newPort();
    const [first, second] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];
    port.writeRange(0, first);
    port.writeRange(8, second);
    port.writeRange(16, first);
    port.readRange(0, second);
    expect([0, 8, 16, 24].map((at) => shared.getUint32(at))).toEqual([0x01010101, 0x02020202, 0x01010101, 0]);
    expect([...second]).toEqual([...first]);
  });

  it('lets an application reach a buffer of shared memory in place, as words', () => {
    const { port, shared } = newPort();
    const index = port.wordIndex(56, 8);
    port.sharedWords[index] = -2;
    port.sharedWords[index + 1] = 0x0403_0201;
    expect([shared.getInt32(56, true), shared.getInt32(60, true)]).toEqual([-2, 0x0403_0201]);
    expect(port.load(locationAt('shared', 60, 8), 'plain')).toBe(1);
    port.store(locationAt('shared', 56, 16), 7, 'relaxed');
    expect(port.sharedWords[index]).toBe(-65536 + 7);
    expect(port.wordIndex(64, 0)).toBe(16);
  });

  it('refuses buffers that are misaligned or not wholly inside', () => {
    const { port } = newPort();
    for (const [at, bytes] of [
      [60, 8],
      [-4, 4],
      [68, 0],
      [4, -4],
      [Number.NaN, 4],
    ] as const) {
      expect(() => port.wordIndex(at, bytes)).toThrow(
        expect.objectContaining({ code: 'out-of-range', lengthBytes: bytes }),
      );
    }
    for (const [at, bytes] of [
      [2, 4],
      [4, 6],
      [4.5, 4],
    ] as const) {
      expect(() => port.wordIndex(at, bytes)).toThrow(
        expect.objectContaining({ code: 'misaligned', byteOffset: at }),
      );
    }
    expect(() => port.wordIndex(2, 8)).toThrow(
      'shared+0x2: 8 bytes at shared+0x2, which is no multiple of 4',
    );
  });

  it('refuses payload that is not wholly inside, and copies none of it', () => {
    const { port, shared } = newPort();
    const payload = new Uint8Array(8).fill(1);
    expect(() => port.writeRange(60, payload)).toThrow(
      expect.objectContaining({ code: 'out-of-range', lengthBytes: 8 }),
    );
    expect(() => port.readRange(-1, payload)).toThrow(expect.objectContaining({ code: 'out-of-range' }));
    expect(shared.getUint32(60)).toBe(0);
  });

  it('repeats until done, and tells the surroundings what they are asked', () => {
    const rung: number[] = [];
    const port = new LivePort({
      shared: new SharedArrayBuffer(8),
      local: new ArrayBuffer(8),
      actions: { doorbell: (argument) => rung.push(argument) },
      choose: (count) => count - 1,
    });
    expect(port.repeat(0, (n: number) => (n < 5 ? { again: n + 1 } : { done: n * 10 }))).toBe(50);
    expect(port.op('outer', {}, () => port.op('inner', {}, () => 3) + 1)).toBe(4);
    expect(port.action('doorbell', 9)).toBe(1);
    expect(rung).toEqual([9]);
    expect(port.choose(4)).toBe(3);
    expect(() => port.action('toString', 0)).toThrow('no action called toString');
  });

  it('refuses an answer that was no choice, and memories of odd length', () => {
    const memories = { shared: new SharedArrayBuffer(8), local: new ArrayBuffer(8) };
    expect(() => new LivePort({ ...memories, choose: (count) => count }).choose(2)).toThrow(RangeError);
    expect(new LivePort(memories).choose(2)).toBe(0);
    expect(() => new LivePort({ ...memories, local: new ArrayBuffer(6) })).toThrow(RangeError);
  });
});
