/** Coverage across cores for a person, as tables, and for a machine, as JSON. */
import Table from 'cli-table3';
import { type CoverageRun, type CoveredPair, type CoveredSite, coveredPairs } from '../coverage.ts';
import type { PlannedRun, TargetPlan } from '../plan.ts';
import type { Colors } from '../terminal.ts';
import { grouped } from './progress.ts';
import { secondsText, wrapped } from './words.ts';

/** What is reported about one target. */
export interface TargetCoverage {
  readonly plan: TargetPlan;
  /** In the order run; fewer than planned after an interruption. */
  readonly runs: readonly CoverageRun[];
  /** Of the target's defaults, what was left out to be done in a minute. */
  readonly leftOut: readonly PlannedRun[];
  /** Why memory models that were asked for were left out. */
  readonly memoriesLeftOut: readonly string[];
}

export interface CoverageTextOptions {
  readonly colors: Colors;
  readonly interrupted: boolean;
}

/** More scenarios than these are counted, not named. */
const SCENARIOS_NAMED = 2;

/** The whole report as text. */
export function coverageText(targets: readonly TargetCoverage[], options: CoverageTextOptions): string {
  return `${targets.map((target) => targetText(target, options)).join('\n\n')}\n`;
}

function targetText(report: TargetCoverage, { colors, interrupted }: CoverageTextOptions): string {
  const { plan, runs } = report;
  const { target } = plan.loaded;
  const pairs = coveredPairs(runs);
  const seen = pairs.filter(({ communicates }) => communicates);
  const never = pairs.filter(({ communicates }) => !communicates);
  const scenarios = new Set(runs.map(({ run }) => run.scenario.name)).size;
  const sections = [
    `${colors.bold(target.name)}: which stores are read by whom, ${target.title}\n${pairTable(seen, scenarios)}`,
  ];
  const complete = isComplete(report);
  if (never.length > 0) {
    const soFar = complete ? 'in no run' : 'in no run so far';
    sections.push(
      `${colors.bold('Never:')} both reach the location, but ${soFar} does the load read what the store put there\n` +
        pairTable(never, scenarios),
    );
  }
  sections.push(notCovered(report, colors));
  const states = runs.reduce((sum, run) => sum + run.states, 0);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const text =
    `${seen.length} of ${pairs.length} pairs of sites communicate, ` +
    `in ${counted(runs.length, 'run')} of ${counted(scenarios, 'scenario')}, ${grouped(states)} states, ${secondsText(seconds)}`;
  sections.push(
    interrupted ? colors.yellow(`Interrupted. So far ${text}`) : complete ? colors.green(text) : text,
  );
  return sections.join('\n\n');
}

function isComplete({ plan, runs }: TargetCoverage): boolean {
  const explored = ({ verdict, communication }: CoverageRun): boolean =>
    communication !== null && verdict !== 'incomplete' && verdict !== 'error';
  return runs.length === plan.runs.length && runs.every(explored);
}

function pairTable(pairs: readonly CoveredPair[], scenarios: number): string {
  const table = new Table({
    head: ['location', 'stored at', 'read at', 'between', 'scenarios'],
    style: { head: [], border: [], compact: true },
  });
  let before = '';
  for (const { store, load, between, locations, scenarios: names } of pairs) {
    const location = locations.join('\n');
    table.push([
      location === before ? '' : location,
      siteText(store),
      siteText(load),
      between === 'cores' ? 'two cores' : 'one core',
      names.length <= SCENARIOS_NAMED
        ? names.join('\n')
        : names.length === scenarios
          ? 'all'
          : `${names.length}`,
    ]);
    before = location;
  }
  return pairs.length === 0 ? 'none' : table.toString();
}

/** `impl/esp-amp/queue.ts:379 send_try`; loads and stores are not named, by the column they are known. */
function siteText({ site, operation, access }: CoveredSite): string {
  const kind = access === 'rmw' || access === 'cas' ? [access] : [];
  return [site ?? '?', ...(operation === null ? [] : [operation]), ...kind].join(' ');
}

function notCovered(report: TargetCoverage, colors: Colors): string {
  const { plan, runs, leftOut, memoriesLeftOut } = report;
  const { target } = plan.loaded;
  const run = new Set(runs.map(({ run }) => run.scenario.name));
  const others = target.scenarios.filter(({ name }) => !run.has(name));
  const memories = new Set(runs.map(({ run }) => run.params.memory));
  const notAsked = target.memories.filter((name) => !memories.has(name));
  const missing = plan.runs.length - runs.length;
  const bySlots = new Map<number, number>();
  for (const { params } of leftOut) bySlots.set(params.slots, (bySlots.get(params.slots) ?? 0) + 1);
  const lines = [
    ...(missing === 0 ? [] : [`${missing} of ${plan.runs.length} runs, not started`]),
    ...runs.flatMap((one) => unfinished(one)),
    ...(others.length === 0
      ? []
      : [
          wrapped(
            'scenarios not run: ',
            others.map(({ name }) => name),
            '    ',
          ),
        ]),
    ...[...bySlots].map(
      ([slots, count]) =>
        `${counted(count, 'scenario')} at ${slots} slots, to be done sooner: --slots ${slots}`,
    ),
    ...plan.refused.map(
      ({ scenario, slots, memory, reason }) => `${scenario}, ${slots} slots, ${memory}: ${reason}`,
    ),
    ...memoriesLeftOut,
    ...(notAsked.length === 0 ? [] : [`memory models not run: ${notAsked.join(', ')}`]),
    'what one agent alone reaches; interrupts and semaphores, which are no memory',
    ...violated(runs),
  ];
  return [colors.bold('Not covered:'), ...lines.map((line) => `  ${line}`)].join('\n');
}

function unfinished({ run, verdict, message, communication }: CoverageRun): readonly string[] {
  if (verdict !== 'incomplete' && verdict !== 'error') return [];
  const { scenario, params } = run;
  const known = communication === null ? '' : '; what is known so far is in the table';
  return [
    `${scenario.name}, ${params.slots} slots, ${params.memory}: ${verdict}, ${message ?? 'not finished'}${known}`,
  ];
}

function violated(runs: readonly CoverageRun[]): readonly string[] {
  const names = new Set(
    runs.flatMap(({ run, verdict }) => (verdict === 'violated' ? [run.scenario.name] : [])),
  );
  return names.size === 0 ? [] : [`what comes after a property is broken, in ${[...names].join(', ')}`];
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The report as JSON: stable key order, nothing of the machine but times. */
export function coverageJson(targets: readonly TargetCoverage[]): string {
  const report = {
    version: 1,
    targets: targets.map((report) => {
      const pairs = coveredPairs(report.runs);
      return {
        target: report.plan.loaded.target.name,
        complete: isComplete(report),
        possible: pairs.length,
        communicating: pairs.filter(({ communicates }) => communicates).length,
        pairs: pairs.map(({ store, load, between, communicates, locations, scenarios, memories }) => ({
          store: siteJson(store),
          load: siteJson(load),
          between,
          communicates,
          locations,
          scenarios,
          memories,
        })),
        runs: report.runs.map(
          ({ run, verdict, asExpected, message, states, transitions, seconds, communication }) => ({
            scenario: run.scenario.name,
            slots: run.params.slots,
            memory: run.params.memory,
            defects: run.params.defects,
            verdict,
            asExpected,
            message,
            states,
            transitions,
            seconds: Math.round(seconds * 1000) / 1000,
            pairs: communication?.pairs.length ?? null,
            communicating:
              communication?.pairs.filter(({ communicates }) => communicates.length > 0).length ?? null,
          }),
        ),
        leftOut: report.leftOut.map(({ scenario, params }) => ({
          scenario: scenario.name,
          slots: params.slots,
          memory: params.memory,
        })),
      };
    }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function siteJson({ site, operation, access }: CoveredSite) {
  return { site, operation, access };
}
