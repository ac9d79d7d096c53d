/**
 * What the ledger says of ESP-AMP's fences, held against variants of the code in which they really are not there. The
 * scenarios' parts are not public, so all comes from the built files: one module, one type.
 */
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  type CheckResult,
  check,
  type MemoryModelName,
  type System,
  startCheck,
  type Violation,
} from '../../dist/checker/index.js';
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
import {
  type Bench,
  barrierLedger,
  type Evidence,
  type LedgerRun,
  surveyBarriers,
} from '../../dist/ledger/index.js';
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

/** What to look for: data races too, or only what comes of them. */
type Asked = 'all' | 'consequences';

/** The scenarios in-order and any-order, with another class in the place of the queue. */
function variant(
  name: Name,
  queueClass: typeof Queue,
  memory: MemoryModelName,
  asked: Asked = 'all',
): CheckResult {
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
  const system = platform.system(programs, { witnesses: [] });
  return check(system, { memory, first: true, ...propertiesOf(system, asked) });
}

function propertiesOf(system: System, asked: Asked): Pick<CheckOptions, 'properties'> {
  if (asked === 'all') return {};
  return { properties: system.properties.filter(({ races }) => races !== true).map(({ name }) => name) };
}

/** `payload-integrity 14`. */
function firstOf({ violations: [violation] }: CheckResult): string {
  return violation === undefined ? 'none' : summary(violation);
}

function summary({ property, schedule }: Violation): string {
  return `${property} ${schedule.length}`;
}

interface Run extends LedgerRun {
  readonly name: Name;
}

async function ledgerOf(memory: MemoryModelName, asked: Asked = 'all') {
  const bench: Bench<Run> = {
    memory,
    runs: scenarios.map((name) => ({ name, title: name })),
    siteOf: siteProbe(),
    stopped: () => false,
    explore: async ({ name }, options) => {
      const scenario = espAmp.scenarios.find((candidate) => candidate.name === name);
      if (scenario === undefined) throw new Error(`no scenario ${name}`);
      const system = scenario.system({ slots: SLOTS, memory, defects: [] });
      const search = startCheck(system, { ...propertiesOf(system, asked), ...options });
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

/** Places in that list, and the queue without just that fence. */
const variants = [
  [2, RecvWithoutFence],
  [4, SendWithoutFence],
  [5, FreeWithoutFence],
] as const;

function propertyOf(evidence: Evidence<Run> | null): string | null {
  return evidence?.violation.property ?? null;
}

describe('the fences of ESP-AMP', () => {
  it('are none that tso needs, data races aside; and really without them it is proved', async () => {
    const { entries, minimal } = await ledgerOf('tso', 'consequences');
    expect(entries.map(({ barrier }) => barrier.operations[0])).toEqual(fences);
    expect(entries.map(({ verdict }) => verdict)).toEqual(fences.map(() => 'not-needed'));
    expect(minimal?.kept).toEqual([]);
    for (const name of scenarios)
      for (const queueClass of [NoReleaseFences, RecvWithoutFence])
        expect(variant(name, queueClass, 'tso', 'consequences').verdict).toBe('proved');
  });

  it('are needed under tso by C11, but for two: really without them there is a race, and nothing comes of it', async () => {
    const { entries, minimal } = await ledgerOf('tso');
    expect(entries.map(({ barrier }) => barrier.operations[0])).toEqual(fences);
    expect(entries.map(({ verdict, enough }) => [verdict, enough])).toEqual([
      ['needed', ['acquire']],
      ['not-needed', null],
      ['needed', ['acquire']],
      ['not-needed', null],
      ['needed', ['release']],
      ['needed', ['release']],
    ]);
    expect(minimal?.kept.map(({ barrier, order }) => [barrier.operations[0], order])).toEqual([
      ['alloc_try', 'acquire'],
      ['recv_try', 'acquire'],
      ['send_try', 'release'],
      ['free_try', 'release'],
    ]);
    for (const { verdict, evidence, race } of entries) {
      expect(evidence?.violation.property).toBe(verdict === 'needed' ? 'no-data-race' : undefined);
      expect(race).toBe(evidence);
    }
    for (const [place, queueClass] of variants) {
      const race = entries[place]?.race;
      if (race === null || race === undefined) throw new Error(`no race for fence ${place}`);
      expect(firstOf(variant(race.run.name, queueClass, 'tso'))).toBe(summary(race.violation));
      for (const name of scenarios)
        expect(variant(name, queueClass, 'tso', 'consequences').verdict).toBe('proved');
    }
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
    expect(entries.map(({ evidence, race }) => [evidence, race].map(propertyOf))).toEqual([
      ['no-double-ownership', 'no-data-race'],
      [null, null],
      ['payload-integrity', 'no-data-race'],
      [null, null],
      ['payload-integrity', 'no-data-race'],
      ['payload-integrity', 'no-data-race'],
    ]);
    for (const [place, queueClass] of variants) {
      const { evidence = null, race = null } = entries[place] ?? {};
      if (evidence === null || race === null) throw new Error(`no evidence for fence ${place}`);
      // The race comes first; what comes of it is found where races are not asked for.
      expect(firstOf(variant(race.run.name, queueClass, 'rc11'))).toBe(summary(race.violation));
      expect(firstOf(variant(evidence.run.name, queueClass, 'rc11', 'consequences'))).toBe(
        summary(evidence.violation),
      );
    }
  });

  it('are enough as release fences under rc11: a variant with such is proved', () => {
    for (const name of scenarios) expect(variant(name, WeakReleaseFences, 'rc11').verdict).toBe('proved');
  });
});
