/** The interning tables, against the plainest implementation there is of each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentTable } from '../../dist/checker/store/contents.js';
import { PairCache } from '../../dist/checker/store/pairCache.js';
import { PersistentVectors } from '../../dist/checker/store/persistentVectors.js';
import { VectorEditor } from '../../dist/checker/store/vectorEditor.js';
import { VectorTable } from '../../dist/checker/store/vectorTable.js';

const SEED = 20_261_120;
const word = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff));

/** The table's own hash, written again: so that vectors which collide in it can be found. */
function hash(words: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const w of words) {
    h = Math.imul(h ^ w, 0x85ebca6b);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

describe('VectorTable', () => {
  it('numbers vectors 0, 1, 2, … by first appearance, and equal vectors the same', () => {
    const table = new VectorTable(2, 1);
    const words = Uint32Array.of(9, 7, 7, 7, 9, 7, 0xffff_ffff, 0);
    expect([0, 2, 4, 6, 1].map((from) => table.intern(words, from))).toEqual([0, 1, 0, 2, 1]);
    expect(table.size).toBe(3);
    expect([...table.data.subarray(0, 6)]).toEqual([9, 7, 7, 7, 0xffff_ffff, 0]);
  });

  it('agrees with a map through many rehashes, whatever the width and the first capacity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.array(word, { minLength: 5, maxLength: 5 }), { maxLength: 300 }),
        (width, capacity, vectors) => {
          const table = new VectorTable(width, capacity);
          const oracle = new Map<string, number>();
          for (const vector of vectors) {
            const key = vector.slice(0, width).join();
            const expected = oracle.get(key) ?? oracle.size;
            oracle.set(key, expected);
            expect(table.intern(Uint32Array.from(vector), 0)).toBe(expected);
            expect(table.size).toBe(oracle.size);
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('keeps every one of 200,000 vectors through fourteen rehashes, and finds each again', () => {
    const table = new VectorTable(2);
    const scratch = new Uint32Array(2);
    const of = (i: number): Uint32Array => {
      scratch[0] = Math.imul(i, 0x9e37_79b1) >>> 0;
      scratch[1] = i % 7;
      return scratch;
    };
    let wrong = 0;
    for (let i = 0; i < 200_000; i++) if (table.intern(of(i), 0) !== i) wrong++;
    for (let i = 0; i < 200_000; i++) if (table.intern(of(i), 0) !== i) wrong++;
    expect({ wrong, size: table.size }).toEqual({ wrong: 0, size: 200_000 });
    expect(table.bytes()).toBeGreaterThanOrEqual(200_000 * 8 + 2 ** 19 * 4);
  });

  it('tells vectors apart whose 32-bit hashes are equal: it compares in full', () => {
    // Each word alone goes through a bijection, so both must vary: of 250,000 vectors some 7 pairs collide.
    const byHash = new Map<number, readonly number[]>();
    const pairs: [readonly number[], readonly number[]][] = [];
    for (let i = 0; i < 500; i++) {
      for (let j = 0; j < 500; j++) {
        const vector = [Math.imul(i, 0x9e37_79b1) >>> 0, Math.imul(j, 0xc2b2_ae3d) >>> 0];
        const h = hash(vector);
        const known = byHash.get(h);
        if (known === undefined) byHash.set(h, vector);
        else pairs.push([known, vector]);
      }
    }
    expect(pairs.length).toBeGreaterThan(0);
    const table = new VectorTable(2, 1);
    for (const [a, b] of pairs) {
      const first = table.intern(Uint32Array.from(a), 0);
      const second = table.intern(Uint32Array.from(b), 0);
      expect(second).not.toBe(first);
    }
    // And after growth, when the tags have become shorter.
    for (let i = 0; i < 5000; i++) table.intern(Uint32Array.of(i, 77), 0);
    for (const [a, b] of pairs) {
      expect(table.intern(Uint32Array.from(a), 0)).not.toBe(table.intern(Uint32Array.from(b), 0));
    }
  });

  it('survives that all vectors want the same place, up to the slot just before it grows', () => {
    // Sixteen slots: vectors whose hash ends in the same four bits probe one chain around the end of the table.
    const chain: number[] = [];
    for (let i = 0; chain.length < 40; i++) if ((hash([i]) & 15) === 15) chain.push(i);
    const table = new VectorTable(1, 1);
    expect(chain.map((w) => table.intern(Uint32Array.of(w), 0))).toEqual(chain.map((_, i) => i));
    expect(chain.map((w) => table.intern(Uint32Array.of(w), 0))).toEqual(chain.map((_, i) => i));
  });

  it('may be asked for a vector that stands in its own data', () => {
    const table = new VectorTable(1, 1);
    for (let i = 0; i < 100; i++) table.intern(Uint32Array.of(i), 0);
    expect(Array.from({ length: 100 }, (_, i) => table.intern(table.data, i))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });
});

const WIDTHS = [1, 7, 8, 9, 64, 65, 513];

/** A change of some vector known so far, by set or by an editor. */
const changes = (width: number) =>
  fc.array(
    fc.record({
      of: fc.nat({ max: 1000 }),
      edits: fc.array(fc.tuple(fc.nat({ max: width - 1 }), word), { minLength: 1, maxLength: 6 }),
      editor: fc.boolean(),
      abandon: fc.boolean(),
    }),
    { maxLength: 60 },
  );

describe.each(WIDTHS)('PersistentVectors of %i words', (width) => {
  it('agree with plain arrays under any mix of set, edit and commit, old vectors included', () => {
    fc.assert(
      fc.property(changes(width), (steps) => {
        const vectors = new PersistentVectors(width);
        const editor = new VectorEditor(vectors);
        const known: { id: number; words: number[] }[] = [];
        const ids = new Map<string, number>();
        const note = (id: number, words: number[]): void => {
          const key = words.join();
          // Equal vectors have one number, different ones two.
          expect(ids.get(key) ?? id).toBe(id);
          if (!ids.has(key)) expect([...ids.values()]).not.toContain(id);
          ids.set(key, id);
          known.push({ id, words });
        };
        note(vectors.intern(new Uint32Array(width)), new Array<number>(width).fill(0));
        for (const { of, edits, editor: byEditor, abandon } of steps) {
          const base = known[of % known.length] ?? { id: 0, words: [] };
          const words = [...base.words];
          let id = base.id;
          if (byEditor) {
            if (abandon) {
              editor.open(known[0]?.id ?? 0);
              editor.set(width - 1, 12345);
            }
            editor.open(id);
          }
          for (const [index, value] of edits) {
            words[index] = value;
            if (byEditor) {
              editor.set(index, value);
              expect(editor.get(index)).toBe(value);
            } else {
              id = vectors.set(id, index, value);
              note(id, [...words]);
            }
          }
          if (byEditor) id = editor.commit();
          note(id, words);
          expect(vectors.intern(Uint32Array.from(words))).toBe(id);
        }
        expect(vectors.size).toBe(ids.size);
        for (const { id, words } of known) {
          for (const index of new Set([
            0,
            width >> 1,
            width - 1,
            ...steps.flatMap(({ edits }) => edits.map(([i]) => i)),
          ])) {
            expect(vectors.get(id, index)).toBe(words[index]);
          }
        }
      }),
      { seed: SEED, numRuns: width > 100 ? 15 : 40 },
    );
  });

  it('read every word back after an intern', () => {
    const vectors = new PersistentVectors(width);
    const words = Uint32Array.from({ length: width }, (_, i) => (i * 2_654_435_761) >>> 0);
    const id = vectors.intern(words);
    expect(Array.from(words, (_, i) => vectors.get(id, i))).toEqual([...words]);
  });

  it('an editor goes on from its own commit', () => {
    const vectors = new PersistentVectors(width);
    const editor = new VectorEditor(vectors);
    const zero = vectors.intern(new Uint32Array(width));
    editor.open(zero);
    editor.set(width - 1, 5);
    const first = editor.commit();
    editor.set(0, 6);
    const second = editor.commit();
    expect([vectors.get(first, width - 1), vectors.get(second, 0)]).toEqual([5, 6]);
    expect(vectors.get(second, width - 1)).toBe(width === 1 ? 6 : 5);
    editor.set(0, width === 1 ? 0 : vectors.get(zero, 0));
    editor.set(width - 1, 0);
    expect(editor.commit()).toBe(zero);
  });
});

describe('PairCache', () => {
  it('never answers wrongly through growth, though it may forget', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const cache = new PairCache();
        const oracle = new Map<string, number>();
        let state = seed >>> 0;
        const random = (count: number): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return Math.floor((state / 0x1_0000_0000) * count);
        };
        let remembered = 0;
        let wrong = 0;
        for (let i = 0; i < 20_000; i++) {
          const first = random(300);
          const second = random(300);
          const key = `${first},${second}`;
          const expected = oracle.get(key);
          const found = cache.get(first, second);
          if (found !== -2 && found !== expected) wrong++;
          if (found !== -2) remembered++;
          const result = (first * 1000 + second) ^ (seed & 0xff);
          cache.put(first, second, result);
          oracle.set(key, result);
        }
        expect(wrong).toBe(0);
        expect(remembered).toBeGreaterThan(0);
      }),
      { seed: SEED, numRuns: 10 },
    );
  });

  it('finds what was put last, and knows nothing at first', () => {
    const cache = new PairCache();
    expect(cache.get(0, 0)).toBe(-2);
    cache.put(0, 0, 0);
    expect(cache.get(0, 0)).toBe(0);
    cache.put(0, 0, -1);
    expect(cache.get(0, 0)).toBe(-1);
    expect(cache.get(1, 0)).toBe(-2);
  });

  it('grows up to its largest size, and holds still there', () => {
    const cache = new PairCache();
    let wrong = 0;
    for (let i = 0; i < 9_000_000; i++) cache.put(i, i & 7, i);
    for (let i = 0; i < 9_000_000; i += 997) {
      const found = cache.get(i, i & 7);
      if (found !== -2 && found !== i) wrong++;
    }
    expect(wrong).toBe(0);
    expect(cache.bytes()).toBe(2 ** 22 * 16);
  });
});

describe('ContentTable', () => {
  const bytes = fc.uint8Array({ maxLength: 12 });

  it('gives equal contents one number, and number 0 to the empty one', () => {
    const table = new ContentTable();
    expect(table.intern(new Uint8Array(0))).toBe(0);
    const first = table.intern(Uint8Array.of(1, 2));
    expect(table.intern(Uint8Array.of(1, 2))).toBe(first);
    expect(table.intern(Uint8Array.of(1, 2, 0))).not.toBe(first);
    expect(table.lengthOf(first)).toBe(2);
  });

  it('keeps its own copy of the bytes', () => {
    const table = new ContentTable();
    const mine = Uint8Array.of(1, 2, 3);
    const id = table.intern(mine);
    mine[0] = 9;
    expect([...table.bytesOf(id)]).toEqual([1, 2, 3]);
    expect(table.intern(Uint8Array.of(1, 2, 3))).toBe(id);
  });

  it('cuts and patches as arrays do, padding with zeros', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat({ max: 14 }), fc.nat({ max: 14 }), (content, patch, from, length) => {
        const table = new ContentTable();
        const whole = table.intern(content);
        const cut = Array.from({ length }, (_, i) => content[from + i] ?? 0);
        for (let again = 0; again < 2; again++) {
          expect([...table.bytesOf(table.slice(whole, from, length))]).toEqual(cut);
        }
        const spliced = Array.from(
          { length: Math.max(content.length, from + patch.length) },
          (_, i) => patch[i - from] ?? content[i] ?? 0,
        );
        expect([...table.bytesOf(table.splice(whole, from, table.intern(patch)))]).toEqual(spliced);
        expect([...table.bytesOf(whole)]).toEqual([...content]);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('remembers cuts apart that differ in offset or in length only', () => {
    const table = new ContentTable();
    const id = table.intern(Uint8Array.of(1, 2, 3, 4));
    const cuts = [0, 1, 2].flatMap((from) =>
      [1, 2].map((length) => [...table.bytesOf(table.slice(id, from, length))]),
    );
    expect(cuts).toEqual([[1], [1, 2], [2], [2, 3], [3], [3, 4]]);
  });
});
