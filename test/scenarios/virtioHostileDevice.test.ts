/** A hostile device writes where only the driver should: drivers that read their own descriptors again are found out. */
import { describe, expect, it } from 'vitest';
import { check } from '../../dist/checker/index.js';
import { SplitDriver } from '../../dist/impl/index.js';
import { splitLayout } from '../../dist/scenarios/virtio/splitLayout.js';
import { virtioTarget } from '../../dist/scenarios/virtio/target.js';

/** Frees a chain by what stands in the table, not by its own notes. */
class FollowsTable extends SplitDriver {
  protected override freeInFront(head: number, _count: number, size: number): void {
    const { desc } = this.rings(size);
    let last = head;
    while ((desc.at(last).flags & 1) !== 0) last = desc.at(last).next;
    this.privateAt(last, size).next = this.vq.free_head;
    this.vq.free_head = head;
  }
}

/** Holds a used length against the length in the table. */
class BelievesTable extends SplitDriver {
  protected override canHaveWritten(len: number, head: number, size: number): boolean {
    return len <= this.rings(size).desc.at(head).len;
  }
}

/** Properties that the scenario finds broken, with this driver. */
function broken(scenario: string, Driver: typeof SplitDriver): readonly string[] {
  const classes = { ...splitLayout.classes([]), Driver };
  const target = virtioTarget('one', 'one driver', { ...splitLayout, classes: () => classes }, []);
  const found = target.scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  const { violations, verdict } = check(found.system({ slots: 1, memory: 'sc', defects: [] }), {
    memory: 'sc',
  });
  expect(verdict).toBe(violations.length === 0 ? 'proved' : 'violated');
  return violations.map(({ property }) => property);
}

describe('hostile-device', () => {
  it('finds nothing wrong with a driver that keeps notes of its own', () => {
    expect(broken('hostile-device', SplitDriver)).toEqual([]);
  });

  it.each([
    { title: 'the links', Driver: FollowsTable, property: 'bounded-operation' },
    { title: 'the length', Driver: BelievesTable, property: 'no-outside-access' },
  ])('finds a driver that reads $title of its descriptors again', ({ Driver, property }) => {
    expect(broken('chains', Driver)).toEqual([]);
    expect(broken('hostile-device', Driver)).toContain(property);
  });
});
