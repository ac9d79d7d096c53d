/**
 * What the ledger says of ESP-AMP's fences, held against variants of the code in which they really are not there. The
 * scenarios' parts are not public, so all comes from the built files: one module, one type.
 */
import { describe, expect, it } from 'vitest';
import { type CheckResult, check, type MemoryModelName, startCheck } from '../../dist/checker/index.js';
import { siteProbe } from '../../dist/cli/sites.js';
import {
  AVAILABLE_MASK,
  type Descriptor,
  ESP_ERR_NOT_FOUND,
  ESP_ERR_NOT_SUPPORTED,
  ESP_OK,
  espAmpClasses,
  type Out,
  Queue,
  USED_MASK,
} from '../../dist/impl/index.js';
import { type Bench, barrierLedger, type LedgerRun, surveyBarriers } from '../../dist/ledger/index.js';
import {
  anyOrderReceiver,
  anyOrderSender,
  inOrderReceiver,
  inOrderSender,
} from '../../dist/scenarios/espAmp/agents.js';
import { agents } from '../../dist/scenarios/espAmp/plan.js';
import { Platform } from '../../dist/scenarios/espAmp/platform.js';
import { espAmp } from '../../dist/scenarios/index.js';

const SLOTS = 2;
const scenarios = ['in-order', 'any-order'] as const;
type Name = (typeof scenarios)[number];

/** Without the release fences of `send_try` and `free_try`. */
class NoReleaseFences extends Queue {
  protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
    this.fill_desc(desc, buffer, size);
    this.publish(desc, AVAILABLE_MASK);
  }

  protected override give_back(desc: Descriptor, buffer: number, size: number): void {
    this.write_back(desc, buffer, size);
    this.publish(desc, USED_MASK);
  }
}

/** Without the release fence of `send_try`; of `free_try`. */
class SendWithoutFence extends Queue {
  protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
    this.fill_desc(desc, buffer, size);
    this.publish(desc, AVAILABLE_MASK);
  }
}
class FreeWithoutFence extends Queue {
  protected override give_back(desc: Descriptor, buffer: number, size: number): void {
    this.write_back(desc, buffer, size);
    this.publish(desc, USED_MASK);
  }
}

/** Without the acquire fence of `recv_try`. */
class RecvWithoutFence extends Queue {
  protected override recv(out: Out): number {
    const { queue } = this;
    out.address = 0;
    out.size = 0;
    if (queue.master !== 0) return ESP_ERR_NOT_SUPPORTED;
    const last = queue.size - 1;
    const position = queue.free_index & last;
    const desc = this.desc_at(queue.desc, position, last);
    const { flags } = desc;
    if (!this.is_available(queue.free_flip_counter, flags)) return ESP_ERR_NOT_FOUND;
    out.address = desc.addr;
    out.size = desc.len;
    this.advance_free(position, last);
    return ESP_OK;
  }
}

/** With fences for which the ledger says that they are enough under rc11. */
class WeakReleaseFences extends Queue {
  protected override hand_over(desc: Descriptor, buffer: number, size: number): void {
    this.fill_desc(desc, buffer, size);
    this.port.fence('release');
    this.publish(desc, AVAILABLE_MASK);
  }

  protected override give_back(desc: Descriptor, buffer: number, size: number): void {
    this.write_back(desc, buffer, size);
    this.port.fence('release');
    this.publish(desc, USED_MASK);
  }
}

/** The scenarios in-order and any-order, with another class in the place of the queue. */
function variant(name: Name, queueClass: typeof Queue, memory: MemoryModelName): CheckResult {
  const classes = { ...espAmpClasses(), Queue: queueClass };
  const platform = new Platform({
    title: 'variant',
    slots: SLOTS,
    itemSize: 8,
    indexModulus: 2 * SLOTS,
    classes,
  });
  const side = { platform, queue: 0 };
  const inOrder = { ...side, tags: 2 * SLOTS, length: () => 4 };
  const anyOrder = { ...side, tags: 2 * SLOTS, length: (tag: number) => (tag % 2 === 0 ? 4 : 8), holds: 2 };
  const programs =
    name === 'in-order'
      ? agents(inOrderSender(inOrder), inOrderReceiver(side))
      : agents(anyOrderSender(anyOrder), anyOrderReceiver({ ...side, holds: 2 }));
  return check(platform.system(programs, { witnesses: [] }), { memory, first: true });
}

interface Run extends LedgerRun {
  readonly name: Name;
}

async function ledgerOf(memory: MemoryModelName) {
  const bench: Bench<Run> = {
    memory,
    runs: scenarios.map((name) => ({ name, title: name })),
    siteOf: siteProbe(),
    stopped: () => false,
    explore: async ({ name }, options) => {
      const scenario = espAmp.scenarios.find((candidate) => candidate.name === name);
      if (scenario === undefined) throw new Error(`no scenario ${name}`);
      const search = startCheck(scenario.system({ slots: SLOTS, memory, defects: [] }), options);
      while (!search.advance(1 << 14)) {
        // To the end.
      }
      return search;
    },
  };
  return barrierLedger(bench, await surveyBarriers(bench));
}

/** Fences in the order of the source: alloc, send (acquire), recv, free (acquire), send (release), free (release). */
const fences = ['alloc_try', 'send_try', 'recv_try', 'free_try', 'send_try', 'free_try'];

describe('the fences of ESP-AMP', () => {
  it('are none that tso needs; and really without them it is proved', async () => {
    const { entries, minimal } = await ledgerOf('tso');
    expect(entries.map(({ barrier }) => barrier.operations[0])).toEqual(fences);
    expect(entries.map(({ verdict }) => verdict)).toEqual(fences.map(() => 'not-needed'));
    expect(minimal?.kept).toEqual([]);
    for (const name of scenarios)
      for (const queueClass of [NoReleaseFences, RecvWithoutFence])
        expect(variant(name, queueClass, 'tso').verdict).toBe('proved');
  });

  it('are needed under rc11, but for two that only load buffering would show; and really without them it breaks', async () => {
    const { entries, minimal } = await ledgerOf('rc11');
    expect(entries.map(({ barrier }) => barrier.operations[0])).toEqual(fences);
    expect(entries.map(({ verdict, enough }) => [verdict, enough])).toEqual([
      ['needed', ['acquire']],
      ['undecided', null],
      ['needed', ['acquire']],
      ['undecided', null],
      ['needed', ['release']],
      ['needed', ['release']],
    ]);
    expect(minimal?.kept.map(({ order }) => order)).toEqual([
      'acquire',
      'acquire',
      'acquire',
      'acquire',
      'release',
      'release',
    ]);
    for (const [place, queueClass] of [
      [2, RecvWithoutFence],
      [4, SendWithoutFence],
      [5, FreeWithoutFence],
    ] as const) {
      const evidence = entries[place]?.evidence;
      if (evidence === null || evidence === undefined) throw new Error(`no evidence for fence ${place}`);
      const [violation] = variant(evidence.run.name, queueClass, 'rc11').violations;
      expect([violation?.property, violation?.schedule.length]).toEqual([
        evidence.violation.property,
        evidence.violation.schedule.length,
      ]);
    }
  });

  it('are enough as release fences under rc11: a variant with such is proved', () => {
    for (const name of scenarios) expect(variant(name, WeakReleaseFences, 'rc11').verdict).toBe('proved');
  });
});
