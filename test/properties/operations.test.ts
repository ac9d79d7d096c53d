import { describe, expect, it } from 'vitest';
import type { PlainData } from 'vqcheck/memory';
import { boundedOperation, documentedErrors, failureAtomicity } from 'vqcheck/properties';
import { contextWith, MAIN, REMOTE, Story, verdictOf } from './support.ts';

const context = contextWith();
const story = (): Story => new Story(context);

describe('failure-atomicity', () => {
  const left = (operation: string, result: number | null, changed: readonly string[]): string | null =>
    verdictOf(
      failureAtomicity,
      context,
      story().call(MAIN, operation).return(MAIN, operation, result, { changed }),
    );

  it('names the code and what was left changed', () => {
    expect(left('send_try', 269, ['desc[0].flags'])).toBe(
      'send_try failed with NOT_ALLOWED but left desc[0].flags changed',
    );
    expect(left('free_try', 261, ['desc[0].len', 'used_index'])).toBe(
      'free_try failed with NOT_FOUND but left desc[0].len, used_index changed',
    );
  });

  it('shows a result without a name as it is', () => {
    expect(left('send_try', 7, ['desc[0].flags'])).toBe(
      'send_try failed with 7 (0x7) but left desc[0].flags changed',
    );
    expect(left('send_try', -1, ['desc[0].flags'])).toBe(
      'send_try failed with -1 but left desc[0].flags changed',
    );
    expect(left('send_try', null, ['desc[0].flags'])).toBe(
      'send_try failed with null but left desc[0].flags changed',
    );
  });

  it('holds for a success, for a failure that left nothing, and for an unknown operation', () => {
    expect(left('send_try', 0, ['desc[0].flags'])).toBeNull();
    expect(left('send_try', 269, [])).toBeNull();
    expect(left('of my own', 269, ['desc[0].flags'])).toBeNull();
  });
});

describe('documented-errors', () => {
  const returned = (operation: string, result: PlainData): string | null =>
    verdictOf(documentedErrors, context, story().call(REMOTE, operation).return(REMOTE, operation, result));

  it('names a code that is not documented, and those that are', () => {
    expect(returned('send_try', 7)).toBe(
      'remote: send_try returned 7 (0x7), expected one of OK, NOT_FOUND, NOT_ALLOWED',
    );
    expect(returned('send_try', -1)).toBe(
      'remote: send_try returned -1, expected one of OK, NOT_FOUND, NOT_ALLOWED',
    );
  });

  it('holds for documented codes and for results that are no numbers', () => {
    expect(returned('send_try', 0)).toBeNull();
    expect(returned('send_try', 269)).toBeNull();
    for (const result of [null, true, '7', [7]]) expect(returned('send_try', result)).toBeNull();
  });

  it('does not judge operations that document no codes or are unknown', () => {
    expect(returned('sys_info_alloc', 0x60)).toBeNull();
    expect(returned('of my own', 7)).toBeNull();
    const operations = { poll: { codes: {}, succeeded: () => true } };
    const run = story().call(REMOTE, 'poll').return(REMOTE, 'poll', 7);
    expect(verdictOf(documentedErrors, { ...context, operations }, run)).toBeNull();
  });
});

describe('bounded-operation', () => {
  const made = (accesses: number): string | null =>
    verdictOf(
      boundedOperation,
      context,
      story().call(MAIN, 'send_try').return(MAIN, 'send_try', 0, { accesses }),
    );

  it('allows the bound itself and reports one access more', () => {
    expect(made(64)).toBeNull();
    expect(made(65)).toBe('main: send_try made 65 accesses, expected at most 64');
  });

  it('passes on what the engine says of an operation that did not end or threw', () => {
    const message = 'send_try made more than 64 accesses without an end, the last to load desc[0].flags.';
    expect(verdictOf(boundedOperation, context, story().fault(MAIN, 'unbounded', message))).toBe(
      `main: ${message}`,
    );
    expect(
      verdictOf(boundedOperation, context, story().fault(REMOTE, 'threw', 'send_try threw Error: no')),
    ).toBe('remote: send_try threw Error: no');
  });

  it('leaves faults of access to no-outside-access', () => {
    expect(verdictOf(boundedOperation, context, story().fault(MAIN, 'misaligned', 'misaligned'))).toBeNull();
  });
});
