import { describe, expect, it } from 'vitest';
import {
  arrayOf,
  fieldLocation,
  LayoutMap,
  LivePort,
  locationAt,
  struct,
  u8,
  u16,
  u32,
  u64,
  viewOf,
} from 'vqcheck/memory';
import { RecordingPort } from '../impl/recordingPort.ts';

const mixed_t = struct('mixed_t', {
  tag: u8('plain'),
  wide: u64('plain'),
  half: u16('acquire', 'release'),
  last: u8('plain'),
});
const pair_t = struct('pair_t', { low: u16('plain'), high: u16('relaxed') });

function livePort(names?: LayoutMap): LivePort {
  const memories = { shared: new SharedArrayBuffer(64), local: new ArrayBuffer(64) };
  return new LivePort(names === undefined ? memories : { ...memories, names });
}

describe('struct', () => {
  it('gives each field the next multiple of its size, and the whole a multiple of the widest', () => {
    expect(mixed_t.offsets).toEqual({ tag: 0, wide: 8, half: 16, last: 18 });
    expect(mixed_t.bytes).toBe(24);
    expect(mixed_t.alignment).toBe(8);
  });

  it('refuses a field that would hide a member of its views', () => {
    expect(() => struct('bad_t', { locationOf: u8('plain') })).toThrow(TypeError);
  });
});

describe('viewOf', () => {
  it('loads and stores each field with the declared ordering, at its own location', () => {
    const port = new RecordingPort(livePort());
    const view = viewOf(mixed_t, port, 'shared', 8);
    view.half = 7;
    expect(view.half).toBe(7);
    view.wide = 2 ** 40;
    expect(view.wide).toBe(2 ** 40);
    expect(port.accesses).toEqual([
      ['store', 'shared', 24, 2, 'release', 7],
      ['load', 'shared', 24, 2, 'acquire', 7],
      ['store', 'shared', 16, 8, 'plain', 2 ** 40],
      ['load', 'shared', 16, 8, 'plain', 2 ** 40],
    ]);
  });

  it('makes the same accesses on a live port as through load and store', () => {
    const all_t = struct('all_t', {
      a: u8('plain'),
      b: u8('relaxed'),
      c: u16('plain'),
      d: u16('seq_cst'),
      e: u32('plain'),
      f: u32('acquire', 'release'),
    });
    for (const space of ['shared', 'local'] as const) {
      const port = livePort();
      const view = viewOf(all_t, port, space, 16);
      const fields = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
      for (const [i, field] of fields.entries()) {
        view[field] = 0x1_2345_6780 + i;
        const at = fieldLocation(all_t, space, 16, field);
        expect(view.locationOf(field)).toBe(at);
        const cut = (0x1_2345_6780 + i) % 2 ** all_t.fields[field].width;
        expect(port.load(at, 'plain')).toBe(cut);
        port.store(at, cut - 1, 'plain');
        expect(view[field]).toBe(cut - 1);
      }
    }
  });

  it('reports an access outside whatever the memory, the width and the ordering', () => {
    const all_t = struct('all_t', {
      a: u8('plain'),
      b: u8('relaxed'),
      c: u16('plain'),
      d: u16('relaxed'),
      e: u32('plain'),
      f: u32('relaxed'),
      g: u64('plain'),
    });
    for (const space of ['shared', 'local'] as const) {
      const view = viewOf(all_t, livePort(), space, 64);
      for (const field of ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const) {
        const outside = expect.objectContaining({
          code: 'out-of-range',
          byteOffset: 64 + all_t.offsets[field],
          lengthBytes: all_t.fields[field].width / 8,
        });
        expect(() => view[field]).toThrow(outside);
        expect(() => {
          view[field] = 1;
        }).toThrow(outside);
      }
    }
  });

  it('reports a misaligned struct by the name of the field that was used', () => {
    const port = livePort(new LayoutMap().place('pair', 'shared', pair_t, 3));
    const view = viewOf(pair_t, port, 'shared', 3);
    expect(() => view.high).toThrow(
      expect.objectContaining({ code: 'misaligned', locationName: 'pair.high' }),
    );
  });
});

describe('arrayOf', () => {
  it('keeps one view an element', () => {
    const rows = arrayOf(pair_t, livePort(), 'shared', 8, 4);
    const row = rows.at(2);
    expect(rows.at(2)).toBe(row);
    expect(row.locationOf('high')).toBe(locationAt('shared', 8 + 2 * 4 + 2, 16));
    expect(rows.at(0)).not.toBe(row);
  });

  it('computes the address of an element outside as C does, so that the port reports the overrun', () => {
    const rows = arrayOf(pair_t, livePort(), 'shared', 48, 4);
    expect(rows.at(4).locationOf('low')).toBe(locationAt('shared', 64, 16));
    expect(() => rows.at(4).low).toThrow(expect.objectContaining({ code: 'out-of-range', byteOffset: 64 }));
    expect(() => {
      rows.at(-13).low = 1;
    }).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  });
});

describe('fieldLocation', () => {
  it('refuses a field that the struct does not have', () => {
    expect(() => fieldLocation(pair_t, 'shared', 0, 'toString' as 'low')).toThrow(TypeError);
  });
});

describe('LayoutMap', () => {
  const map = new LayoutMap()
    .place('conf', 'shared', pair_t, 0)
    .place('desc', 'shared', pair_t, 4, 3)
    .placeBytes('buffer', 'shared', 16, 8, 2)
    .place('handle', 'local', pair_t, 4);

  it.each([
    ['shared', 2, 2, 'conf.high'],
    ['shared', 12, 2, 'desc[2].low'],
    ['shared', 12, 4, 'desc[2][0..3]'],
    ['shared', 24, 8, 'buffer[1][0..7]'],
    ['shared', 27, 1, 'buffer[1][3]'],
    ['shared', 28, 8, 'buffer[1][4..11]'],
    ['shared', 0x20, 2, 'shared+0x20'],
    ['local', 6, 2, 'handle.high'],
    ['local', 2, 2, 'local+0x2'],
  ] as const)('names %s bytes %d, %d of them: %4$s', (space, offset, length, name) => {
    expect(map.nameOf(space, offset, length)).toBe(name);
  });
});
