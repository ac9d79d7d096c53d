import { describe, expect, it } from 'vitest';
import { noLostBuffers } from 'vqcheck/properties';
import { contextWith, viewWith } from './support.ts';

const verdict = (census: readonly (readonly string[])[] | null): string | null | undefined =>
  noLostBuffers.quiescent?.(contextWith())(viewWith(census));

describe('no-lost-buffers', () => {
  it('holds when each buffer is in exactly one place', () => {
    expect(verdict([['desc[0]'], ['held by remote']])).toBeNull();
  });

  it('claims nothing where the target cannot count', () => {
    expect(verdict(null)).toBeNull();
  });

  it('names a buffer that is in no place', () => {
    expect(verdict([['desc[0]'], []])).toBe('at rest, buffer[1] is in no place');
  });

  it('names the places of a buffer that is in two', () => {
    expect(verdict([['desc[0]', 'desc[1]'], ['held by remote']])).toBe(
      'at rest, buffer[0] is in 2 places (desc[0], desc[1])',
    );
  });

  it('tells of the doubled buffer and of the one that it displaced', () => {
    expect(verdict([[], ['desc[0]', 'desc[1]']])).toBe(
      'at rest, buffer[1] is in 2 places (desc[0], desc[1]); buffer[0] is in no place',
    );
  });

  it('counts each state anew', () => {
    const look = noLostBuffers.quiescent?.(contextWith());
    const home = [['desc[0]'], ['desc[1]']];
    expect(look?.(viewWith(home))).toBeNull();
    expect(look?.(viewWith(home))).toBeNull();
    expect(look?.(viewWith([['desc[0]'], []]))).toBe('at rest, buffer[1] is in no place');
  });

  it('does not take a buffer in very many places for one in a single place', () => {
    const places = Array.from({ length: 257 }, (_, i) => `desc[${i}]`);
    expect(verdict([places, ['held by remote']])).toMatch(/^at rest, buffer\[0\] is in 257 places/);
  });

  it('misses the buffers that a census leaves out', () => {
    expect(verdict([])).toBe('at rest, buffer[0] is in no place; buffer[1] is in no place');
  });
});
