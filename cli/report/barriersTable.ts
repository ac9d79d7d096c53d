/** The barrier ledger for a person: a table a memory model, what is enough together, and what was not covered. */
import Table from 'cli-table3';
import type { Barrier } from '../../checker/index.ts';
import type { BarrierEntry, Evidence, MinimalSet } from '../../ledger/index.ts';
import type { BarrierRun, BarriersReport, MemoryReport } from '../barrierReport.ts';
import type { Colors } from '../terminal.ts';
import { replayCommand } from './commandLines.ts';
import { grouped } from './progress.ts';
import { secondsText, wrapped } from './words.ts';

/** The whole report. */
export function barriersReport(report: BarriersReport, colors: Colors): string {
  const { target } = report.loaded;
  const heading = `${colors.bold(target.name)}: ${target.title}`;
  const models = report.models.map((model) => modelSection(model, report, colors));
  return `${[heading, ...models, notCovered(report), summary(report, colors)].join('\n\n')}\n`;
}

function modelSection(model: MemoryReport, report: BarriersReport, colors: Colors): string {
  const { baseline, ledger } = model;
  const proved = baseline.proved.map(({ run, states }) => `${run.title} (${grouped(states)} states)`);
  const heading =
    baseline.runs.length === 0
      ? `${colors.bold(model.memory)}: not begun`
      : proved.length === 0
        ? `${colors.bold(model.memory)}: no scenario is proved as it is, so nothing is said about barriers`
        : `${colors.bold(model.memory)}: proved as it is: ${proved.join('; ')}`;
  const problems = baseline.runs.flatMap(({ run, problem }) =>
    problem === null ? [] : [colors.red(`  not used: ${run.title}: ${problem}`)],
  );
  const parts = [heading, ...problems];
  const entries = ledger?.entries ?? [];
  if (entries.length > 0) parts.push(table(entries, colors), ...details(model, report, colors));
  else if (proved.length > 0 && baseline.barriers.length === 0)
    parts.push('it has no fence, and no access that is stronger than relaxed');
  const missing = baseline.barriers.length - entries.length;
  if (missing > 0) parts.push(colors.yellow(`${missing} more without a verdict: interrupted`));
  if (ledger !== null && ledger.minimal !== null && entries.length > 0)
    parts.push(minimalText(ledger.minimal, colors));
  return parts.join('\n');
}

function table(entries: readonly BarrierEntry<BarrierRun>[], colors: Colors): string {
  const head = ['barrier', 'operation', 'as it is', 'verdict', 'breaks without it', 'enough as'];
  const rows = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const entry of entries) {
    const { barrier, evidence, race, enough } = entry;
    rows.push([
      barrier.site,
      barrier.operations.join(', '),
      `${barrier.kind} ${barrier.order}`,
      verdictText(entry, colors),
      [...new Set([evidence, race])].flatMap((one) => (one === null ? [] : [evidenceText(one)])).join('\n'),
      enough === null ? '' : enough.join(' or '),
    ]);
  }
  return rows.toString();
}

function evidenceText({ run, violation }: Evidence<BarrierRun>): string {
  return `${violation.property} (${run.title}, ${violation.schedule.length} steps)`;
}

function verdictText({ verdict, why }: BarrierEntry<BarrierRun>, colors: Colors): string {
  switch (verdict) {
    case 'needed':
      return colors.bold('needed');
    case 'not-needed':
      return colors.green('not needed in these scenarios');
    case 'undecided':
      return colors.yellow('undecided: load buffering is not modelled');
    case 'unknown':
      return colors.yellow(`unknown: ${why}`);
  }
}

/** What a reader may want to look at: which loads and stores an undecided barrier is about, and the traces written. */
function details(
  { ledger, traces }: MemoryReport,
  { loaded }: BarriersReport,
  colors: Colors,
): readonly string[] {
  return (ledger?.entries ?? []).flatMap((entry) => {
    const { barrier, pairs } = entry;
    const lines: string[] = [];
    if (pairs.length > 0) {
      lines.push(
        wrapped(`${barrier.site} alone keeps loads before stores: those at `, [
          ...sitesOf(pairs.map(({ load }) => load)),
          `before those at ${sitesOf(pairs.map(({ store }) => store)).join(', ')}`,
        ]),
      );
    }
    const file = traces.get(entry)?.file ?? null;
    if (file !== null) {
      const command = replayCommand(file, { target: loaded.target.name, asTyped: loaded.asTyped });
      lines.push(`${barrier.site} left out: ${colors.bold(command)}`);
    }
    return lines;
  });
}

/** Each once; of several lines in one file, the file's name once. */
function sitesOf(sites: readonly string[]): readonly string[] {
  const lines = new Map<string, number[]>();
  for (const site of new Set(sites)) {
    const colon = site.lastIndexOf(':');
    const file = site.slice(0, colon);
    lines.set(file, [...(lines.get(file) ?? []), Number(site.slice(colon + 1))]);
  }
  return [...lines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, of]) => `${file}:${of.sort((a, b) => a - b).join(',')}`);
}

function minimalText({ kept, leftOut, notTried }: MinimalSet, colors: Colors): string {
  const name = ({ site, kind }: Barrier): string => `${kind} at ${site}`;
  const enough =
    kept.length === 0
      ? 'Enough together, and proved: none of them.'
      : wrapped(
          'Enough together, and proved: ',
          kept.map(({ barrier, order }) => `${name(barrier)} as ${order}`),
        );
  const without = leftOut.length === 0 ? [] : [wrapped('Without all of these at once: ', leftOut.map(name))];
  const open = notTried.map((text) => colors.yellow(`It might be less, but a bound was met: ${text}`));
  return [enough, ...without, ...open].join('\n');
}

// --- What was not covered --------------------------------------------------------------------------------------------

function notCovered({ loaded, models, leftOut, properties, claimsLeftOut }: BarriersReport): string {
  const { target } = loaded;
  const runs = models.flatMap(({ baseline }) => baseline.runs.map(({ run }) => run));
  const usedScenarios = new Set(runs.map(({ scenario }) => scenario.name));
  const usedMemories = new Set(models.map(({ memory }) => memory));
  const scenarios = target.scenarios.map(({ name }) => name).filter((name) => !usedScenarios.has(name));
  const memories = target.memories.filter((name) => !usedMemories.has(name));
  const unchecked =
    properties === undefined ? [] : target.properties.filter((name) => !properties.includes(name));
  const sizes = [...new Set(runs.map(({ params }) => params.slots))].sort((a, b) => a - b).join(', ');
  const bounds = [
    ...new Set(
      runs.flatMap(({ scenario, params, title }) =>
        Object.entries(scenario.bounds(params)).map(
          ([name, value]) => `more than is bounded in ${title}: ${name} ${JSON.stringify(value)}`,
        ),
      ),
    ),
  ];
  const lines = [
    ...(scenarios.length === 0 ? [] : [wrapped('scenarios not run: ', scenarios, '    ')]),
    ...(sizes === '' ? [] : [`sizes other than ${sizes} ${sizes === '1' ? 'slot' : 'slots'}`]),
    ...(unchecked.length === 0 ? [] : [wrapped('properties not checked: ', unchecked, '    ')]),
    ...(claimsLeftOut.length === 0
      ? []
      : [wrapped('properties that only ask whether a barrier is there: ', claimsLeftOut, '    ')]),
    ...bounds,
    ...(memories.length === 0 ? [] : [`memory models not run: ${memories.join(', ')}`]),
    ...(usedMemories.has('rc11')
      ? [
          'load buffering under rc11: what a barrier does against it is read off the program, with no dependency looked at',
        ]
      : []),
    'barriers in the setting up of the memory before the first step',
    ...leftOut.map(
      ({ scenario, slots, memory, reason }) => `${scenario}, ${slots} slots, ${memory}: ${reason}`,
    ),
  ];
  return ['Not covered:', ...lines.map((line) => `  ${line}`)].join('\n');
}

function summary({ models, seconds, interrupted }: BarriersReport, colors: Colors): string {
  const entries = models.flatMap(({ ledger }) => ledger?.entries ?? []);
  const words = (['needed', 'not-needed', 'undecided', 'unknown'] as const).flatMap((verdict) => {
    const count = entries.filter((entry) => entry.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict.replace('-', ' ')}`];
  });
  const verdicts = `${entries.length} ${entries.length === 1 ? 'verdict' : 'verdicts'}`;
  const text = `${verdicts}: ${words.join(', ') || 'none'}, in ${secondsText(seconds)}`;
  return interrupted ? colors.yellow(`Interrupted. ${text}`) : text;
}
