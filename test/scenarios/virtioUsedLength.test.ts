/** `used-length`, which no clause asks for: what `collect` tells a driver of each chain, those of a batch included. */
import { describe, expect, it } from 'vitest';
import { UNKNOWN_LENGTH, VIRTIO_INVALID } from 'vqcheck/impl';
import type { PlainData } from 'vqcheck/memory';
import { virtioSplit } from 'vqcheck/scenarios';
import { ClauseRun, DEVICE, DRIVER, judged } from './clauseRuns.ts';

class Story extends ClauseRun {
  giveBack(head: number, written: number, result = 0): this {
    return this.#operation(DEVICE, 'giveBack', { head, written }, result);
  }

  giveBackBatch(heads: readonly number[], written: number, result = 0): this {
    return this.#operation(DEVICE, 'giveBackBatch', { heads: [...heads], written }, result);
  }

  collect(head: number, len: number): this {
    return this.#operation(DRIVER, 'collect', { out: { token: 0, head, len } }, 0);
  }

  #operation(
    core: number,
    operation: string,
    args: Readonly<Record<string, PlainData>>,
    result: number,
  ): this {
    const common = { agent: core, core, operation, depth: 0, args } as const;
    this.events.push({ kind: 'call', ...common });
    this.events.push({ kind: 'return', ...common, result, accesses: 1, changed: [] });
    return this;
  }
}

const story = (): Story => new Story();

function brokenBy(run: Story): string | null {
  const scenario = virtioSplit.scenarios.find(({ name }) => name === 'in-order-feature');
  if (scenario === undefined) throw new Error('no scenario in-order-feature');
  const { properties } = scenario.system({ slots: 2, memory: 'sc', defects: [] });
  return judged(properties, 'used-length', run).broken;
}

describe('used-length', () => {
  it('holds when the driver is told what the device said', () => {
    expect(brokenBy(story().giveBack(0, 3).collect(0, 3))).toBeNull();
    expect(brokenBy(story().giveBackBatch([1, 0], 3).collect(1, UNKNOWN_LENGTH).collect(0, 3))).toBeNull();
    expect(brokenBy(story().giveBack(0, 3, VIRTIO_INVALID).giveBack(0, 2).collect(0, 2))).toBeNull();
    const refused = story().giveBackBatch([1, 0], 3, VIRTIO_INVALID).giveBack(1, 2).collect(1, 2);
    expect(brokenBy(refused)).toBeNull();
  });

  it('is broken by another length', () => {
    expect(brokenBy(story().giveBack(0, 3).collect(0, 2))).toBe(
      'collect said that 2 bytes were written to chain 0, and the device wrote 3',
    );
    expect(brokenBy(story().giveBackBatch([1, 0], 3).collect(1, UNKNOWN_LENGTH).collect(0, 0))).toBe(
      'collect said that 0 bytes were written to chain 0, and the device wrote 3',
    );
  });

  it('is broken where the driver is told that nobody knows, and the device has said it', () => {
    expect(brokenBy(story().giveBack(0, 3).collect(0, UNKNOWN_LENGTH))).toBe(
      'collect said that nobody knows how many bytes were written to chain 0, and the device wrote 3',
    );
  });

  it('is broken where the driver is told a length that the device has not said', () => {
    expect(brokenBy(story().giveBackBatch([1, 0], 3).collect(1, 0))).toBe(
      'collect said that 0 bytes were written to chain 1, and the device did not say how many',
    );
  });
});
