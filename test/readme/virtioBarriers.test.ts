/**
 * The barrier ledgers of the two VirtIO layouts, as `vqcheck barriers` makes them, and the table of `docs/virtio.md`, which
 * is made from them: with UPDATE_README set it is rewritten.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocument, root } from './documents.ts';

const rewrites = (process.env.UPDATE_README ?? '') !== '';
const document = 'docs/virtio.md';
const layouts = ['split', 'packed'] as const;
const memories = ['tso', 'rc11'] as const;
type Layout = (typeof layouts)[number];

/** The barriers of both layouts, by the operation that makes them. */
const barriers = [
  {
    name: 'B1',
    operation: 'expose',
    order: 'release',
    keeps: 'what is published, before the store that publishes it',
  },
  {
    name: 'B2',
    operation: 'kick',
    order: 'seq_cst',
    keeps: 'that store, before the look whether a kick is wanted',
  },
  {
    name: 'B3',
    operation: 'take',
    order: 'acquire',
    keeps: 'the load that finds something, before what it finds',
  },
  {
    name: 'B4',
    operation: 'giveBack',
    order: 'release',
    keeps: 'what is given back, before the store that says so',
  },
  {
    name: 'B5',
    operation: 'interrupt',
    order: 'seq_cst',
    keeps: 'that store, before the look whether an interrupt is wanted',
  },
  {
    name: 'B6',
    operation: 'collect',
    order: 'acquire',
    keeps: 'the load that finds something, before what it finds',
  },
  {
    name: 'B7',
    operation: 'enableInterrupts',
    order: 'seq_cst',
    keeps: 'the wish for interrupts, before the last look',
  },
  {
    name: 'B8',
    operation: 'enableKicks',
    order: 'seq_cst',
    keeps: 'the wish for kicks, before the last look',
  },
] as const;
const ofDriver: readonly string[] = ['B1', 'B2', 'B6', 'B7'];
const [sleeping, moving] = [
  ['B2', 'B5', 'B7', 'B8'],
  ['B1', 'B3', 'B4', 'B6'],
];

interface Entry {
  readonly site: string;
  readonly operation: string | null;
  readonly kind: string;
  readonly order: string;
  readonly verdict: string;
  readonly property: string | null;
  readonly race: unknown;
  readonly enough: readonly string[] | null;
  readonly trace: unknown;
}

interface Report {
  readonly claimsLeftOut: readonly string[];
  readonly models: readonly {
    readonly memory: string;
    readonly runs: readonly { readonly scenario: string; readonly slots: number; readonly verdict: string }[];
    readonly barriers: readonly Entry[];
    readonly minimal: { readonly kept: readonly (Entry & { readonly as: string })[] } | null;
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'vqcheck-virtio-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const bin = join(root, 'bin/vqcheck.js');
  return spawnSync(process.execPath, [bin, ...words], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
}

function ledgerOf(layout: Layout): { readonly status: number | null; readonly report: Report } {
  const file = `${layout}.json`;
  const { status } = run('barriers', `virtio-${layout}`, '--json', file, '--out', layout);
  return { status, report: JSON.parse(readFileSync(join(folder, file), 'utf8')) };
}

const ledgers = { split: ledgerOf('split'), packed: ledgerOf('packed') };

function modelOf(layout: Layout, memory: string) {
  const model = ledgers[layout].report.models.find((candidate) => candidate.memory === memory);
  if (model === undefined) throw new Error(`nothing under ${memory}`);
  return model;
}

function entryOf(layout: Layout, memory: string, name: string): Entry {
  const barrier = barriers.find((candidate) => candidate.name === name);
  const entry = modelOf(layout, memory).barriers.find(({ operation }) => operation === barrier?.operation);
  if (entry === undefined) throw new Error(`${name} was not met under ${memory}`);
  return entry;
}

describe.each(layouts)('vqcheck barriers virtio-%s', (layout) => {
  it('is made on chains with a reply, and on both sides asleep', () => {
    expect(ledgers[layout].status).toBe(0);
    for (const memory of memories) {
      const runs = modelOf(layout, memory).runs.map(({ scenario, slots, verdict }) => [
        scenario,
        slots,
        verdict,
      ]);
      expect(runs).toEqual([
        ['chains', 2, 'proved'],
        ['kick-suppression', 1, 'proved'],
        ['interrupt-suppression', 1, 'proved'],
      ]);
    }
  });

  it.each(memories)('has each of B1 to B8 once, and calls it needed, under %s', (memory) => {
    const { barriers: entries } = modelOf(layout, memory);
    expect(entries.map(({ operation }) => operation).sort()).toEqual(
      barriers.map(({ operation }) => operation).sort(),
    );
    for (const { name, order } of barriers) {
      const side = ofDriver.includes(name) ? 'driver' : 'device';
      const found = entryOf(layout, memory, name);
      expect(found).toMatchObject({ kind: 'fence', order, verdict: 'needed', enough: [order] });
      expect(found.site).toMatch(new RegExp(`^impl/virtio/${layout}/${side}\\.ts:\\d+$`));
    }
  });

  it.each(memories)('loses a wake-up under %s without one of the full fences', (memory) => {
    for (const name of sleeping) {
      // A driver that sleeps for ever over what came back is stuck; a device that does has nothing else to do.
      const property = ['B5', 'B7'].includes(name) ? 'deadlock' : 'lost-wakeup';
      expect([name, entryOf(layout, memory, name)]).toEqual([name, expect.objectContaining({ property })]);
    }
  });

  it('races without one of the others, and under rc11 hands over what is old', () => {
    for (const name of moving) {
      expect([name, entryOf(layout, 'tso', name).property]).toEqual([name, 'no-data-race']);
      const { property, race } = entryOf(layout, 'rc11', name);
      // Which of the properties is first to see it is a matter of what is asked.
      expect(property).toMatch(/^(no-false-alarm|no-double-ownership|payload-integrity|used-length)$/);
      expect(race).not.toBe(null);
    }
  });

  it.each(memories)(
    'proves that all eight are enough under %s, and that none of them can be weakened',
    (memory) => {
      const kept = modelOf(layout, memory).minimal?.kept ?? [];
      expect(kept.map(({ operation, as }) => [operation, as]).sort()).toEqual(
        barriers.map(({ operation, order }) => [operation, order]).sort(),
      );
    },
  );

  it('leaves out the clauses that ask for a barrier as such', () => {
    const [first, second] = layout === 'split' ? ['sd10', 'sd11'] : ['pd6', 'pd7'];
    const { claimsLeftOut } = ledgers[layout].report;
    expect(claimsLeftOut.map((name) => name.split('-')[0])).toEqual([first, second]);
  });

  it('writes a trace for each barrier: it replays, and is gone with the fence in place', () => {
    const traces = memories.flatMap((memory) => modelOf(layout, memory).barriers.map(({ trace }) => trace));
    expect(
      readdirSync(join(folder, layout))
        .map((file) => `${layout}/${file}`)
        .sort(),
    ).toEqual(traces.sort());
    // Explaining a trace takes longer than finding it: one of each kind.
    for (const name of layout === 'split' ? ['B1', 'B2'] : ['B6', 'B7']) {
      const file = String(entryOf(layout, 'rc11', name).trace);
      expect([name, run('replay', file).status]).toEqual([name, 1]);
      expect([name, run('replay', file, '--defect', 'none').status]).toEqual([name, 0]);
    }
  });
});

describe(document, () => {
  it('shows what comes of each barrier left out', () => {
    const head = [
      '',
      'in',
      'fence',
      'keeps',
      ...layouts.flatMap((layout) => memories.map((memory) => `${layout}, ${memory}`)),
    ];
    const rows = barriers.map(({ name, operation, order, keeps }) => [
      name,
      `\`${operation}\` (${ofDriver.includes(name) ? 'driver' : 'device'})`,
      order,
      keeps,
      ...layouts.flatMap((layout) =>
        memories.map((memory) => `\`${entryOf(layout, memory, name).property}\``),
      ),
    ]);
    const table = [head, head.map(() => '---'), ...rows]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
    const text = readDocument(document);
    const [begin, end] = ['<!-- table: barriers -->\n', '<!-- end of table -->'];
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf(end, from);
    expect(from >= begin.length && to >= from).toBe(true);
    if (rewrites)
      writeFileSync(join(root, document), `${text.slice(0, from)}\n${table}\n\n${text.slice(to)}`);
    else expect(text.slice(from, to).trim()).toBe(table);
  });
});
