import { describe, expect, it } from 'vitest';
import { noOutsideAccess } from 'vqcheck/properties';
import { contextWith, judge, MAIN, REMOTE, REMOTE_ISR, Story, verdictOf } from './support.ts';

const context = contextWith();
const { contents } = context;
const two = contents.of(1, 2);
const story = (): Story => new Story(context);
const verdict = (run: Story): string | null => verdictOf(noOutsideAccess, context, run);

describe('no-outside-access › payload', () => {
  it('holds for the owner, whichever agent of its core it is, in the whole of its buffer', () => {
    const run = story()
      .reserve(0)
      .payload(MAIN, 'write', 0, 6, two)
      .send(0, 2)
      .receive(0, 2)
      .payload(REMOTE, 'read', 0, 0, two)
      .payload(REMOTE_ISR, 'read', 0, 6, two);
    expect(verdict(run)).toBeNull();
  });

  it('reports an access to a buffer that nobody owns', () => {
    expect(verdict(story().payload(REMOTE, 'read', 1, 2, two, true))).toBe(
      'remote read buffer[1][2..3], which belongs to nobody: the buffer is free',
    );
    expect(verdict(story().reserve(0).send(0).payload(MAIN, 'write', 0, 0, two, true))).toBe(
      'main wrote buffer[0][0..1], which belongs to nobody: the buffer is available',
    );
  });

  it('names the core that owns the buffer', () => {
    expect(verdict(story().reserve(0).send(0).receive(0).payload(MAIN, 'write', 0, 0, two, true))).toBe(
      'main wrote buffer[0][0..1], which belongs to core 1 (remote, remote-isr): the buffer is used.held',
    );
  });

  it('reports an access past the end of the buffer, even by its owner', () => {
    expect(verdict(story().reserve(0).payload(MAIN, 'write', 0, 7, two))).toBe(
      'main wrote buffer[0][7..8], but the buffer has 8 bytes',
    );
  });

  it('reports an access that begins in no buffer', () => {
    expect(verdict(story().payload(MAIN, 'write', -1, 0, two, true))).toBe(
      'main wrote 2 payload bytes at 0x10, which is in no buffer',
    );
  });
});

describe('no-outside-access › faults', () => {
  it.each(['misaligned', 'out-of-range', 'unsafe-integer'] as const)('reports %s', (fault) => {
    expect(verdict(story().fault(MAIN, fault, `${fault}: a load of desc[9].flags`))).toBe(
      `main: ${fault}: a load of desc[9].flags`,
    );
  });

  it('leaves operations that do not end or throw to bounded-operation', () => {
    expect(verdict(story().fault(MAIN, 'unbounded', 'no end').fault(MAIN, 'threw', 'threw'))).toBeNull();
  });
});

describe('no-outside-access › allocations', () => {
  it('holds for a confined operation inside one allocated range, to its last byte', () => {
    const run = story()
      .allocation(MAIN, 0x40, 16)
      .access(REMOTE, 'sub_init', 0x40, 4)
      .access(REMOTE, 'sub_init', 0x4e, 2);
    expect(verdict(run)).toBeNull();
  });

  it('reports a confined operation that accesses what is not allocated yet', () => {
    expect(verdict(story().access(REMOTE, 'sub_init', 0x40, 4))).toBe(
      'remote: sub_init read shared+0x40 (4 bytes at 0x40), which is not allocated',
    );
  });

  it('reports an access before, past the end of, and across the end of a range', () => {
    const allocated = (): Story => story().allocation(MAIN, 0x40, 16);
    const outside = (at: number): string =>
      `remote: sub_init wrote shared+0x${at.toString(16)} (4 bytes at 0x${at.toString(16)}), which is not allocated`;
    for (const at of [0x3c, 0x4e, 0x50]) {
      expect(verdict(allocated().access(REMOTE, 'sub_init', at, 4, true))).toBe(outside(at));
    }
  });

  it('does not judge operations that are not confined, or accesses outside of any', () => {
    const run = story().access(MAIN, 'send_try', 0, 4).access(MAIN, null, 0, 4).access(MAIN, 'mine', 0, 4);
    expect(verdict(run)).toBeNull();
  });

  it('forgets the order of allocations, and that one was made twice', () => {
    const words = (...ranges: readonly (readonly [number, number])[]): readonly number[] => {
      const run = story();
      for (const [at, length] of ranges) run.allocation(MAIN, at, length);
      return judge(noOutsideAccess, context, run.events).words;
    };
    const sorted = words([0x40, 8], [0x40, 16], [0x80, 4]);
    expect(sorted.slice(0, 8)).toEqual([0x40, 8, 0x40, 16, 0x80, 4, 0, 0]);
    expect(words([0x80, 4], [0x40, 16], [0x80, 4], [0x40, 8], [0, 0])).toEqual(sorted);
  });

  it('keeps eight ranges, and is in error at a ninth', () => {
    const run = story();
    for (let range = 8; range > 0; range--) run.allocation(MAIN, range * 16, 8);
    for (let range = 1; range <= 8; range++) run.access(REMOTE, 'sub_init', range * 16, 8);
    expect(verdict(run)).toBeNull();
    expect(() => verdict(run.allocation(MAIN, 0x200, 8))).toThrow(
      new RangeError('no-outside-access: more allocations than it can keep, which is 8'),
    );
  });

  it('needs no words where no operation is confined', () => {
    const { sub_init: _, ...operations } = context.operations;
    const unconfined = { ...context, operations };
    expect(noOutsideAccess.monitor?.(unconfined).words).toBe(0);
    const run = story().allocation(MAIN, 0x40, 16).access(REMOTE, 'sub_init', 0, 4);
    expect(verdictOf(noOutsideAccess, unconfined, run)).toBeNull();
  });
});
