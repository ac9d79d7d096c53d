import { expect, it } from 'vitest';
import { check } from 'vqcheck';
import { mailbox } from '../../examples/mailbox.ts';

it.each(['sc', 'tso'] as const)('no letter is lost, doubled or torn under %s', (memory) => {
  const result = check(mailbox, { memory });
  expect(result.violations).toEqual([]);
  expect(result.verdict).toBe('proved');
});
