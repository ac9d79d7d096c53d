/** What a report's verdicts do not speak of: scenarios, sizes, memory models and bounds. */
import type { TargetPlan } from '../plan.ts';
import type { RunReport, TargetReport } from '../runReport.ts';
import { boundLines } from './bounds.ts';
import { bufferedRuns, metBufferDepth } from './operations.ts';
import { grouped } from './progress.ts';
import { refusalLines } from './refusals.ts';
import { groupsOf, paragraph, runTitle, unique } from './words.ts';

/** Lines under a heading that is given with its colours. `memoriesToCome`: models that the checker has not yet. */
export function notCovered(
  report: TargetReport,
  { heading, memoriesToCome }: { readonly heading: string; readonly memoriesToCome: readonly string[] },
): string {
  const lines = notCoveredLines(report, memoriesToCome);
  return [heading, ...lines.map((line) => paragraph(`  ${line}`))].join('\n');
}

/** Lines of running text; those that belong to the one before are indented. */
export function notCoveredLines(report: TargetReport, memoriesToCome: readonly string[]): readonly string[] {
  const { runs, plan } = report;
  const fuzzed = runs.some(({ schedules }) => schedules !== null);
  if (fuzzed) return [...notRun(report), ...sampled(runs)];
  return [
    ...notRun(report),
    ...scenariosLeftOut(report),
    ...propertiesLeftOut(plan),
    ...sizesLeftOut(report),
    ...boundLines(runs),
    ...refusalLines(plan),
    ...memoriesLeftOut(report, memoriesToCome),
    ...moduli(runs),
    ...storeBuffers(runs),
    ...manyMessages(runs),
    ...loadBuffering(runs),
  ];
}

function notRun({ plan, runs }: TargetReport): readonly string[] {
  const missing = plan.runs.length - runs.length;
  return missing === 0 ? [] : [`${missing} of ${plan.runs.length} runs, not started`];
}

/** Those that were refused are named with the reason. */
function scenariosLeftOut({ plan, runs }: TargetReport): readonly string[] {
  const named = new Set([...runs, ...plan.refused].map(({ scenario }) => scenario));
  const names = plan.loaded.target.scenarios.map(({ name }) => name).filter((name) => !named.has(name));
  return names.length === 0 ? [] : [`scenarios not run: ${names.join(', ')}`];
}

function propertiesLeftOut({ loaded, properties }: TargetPlan): readonly string[] {
  if (properties === undefined) return [];
  const names = loaded.target.properties.filter((name) => !properties.includes(name));
  return names.length === 0 ? [] : [`properties not checked: ${names.join(', ')}`];
}

/** The sizes run, and below them what is meant for more. A size that was refused is said with its reason. */
function sizesLeftOut({ plan, runs }: TargetReport): readonly string[] {
  const slotsOf = groupsOf(runs, ({ scenario }) => scenario);
  const scenarios = plan.loaded.target.scenarios.flatMap(({ name, defaultSlots, moreSlots }) => {
    const sizes = unique((slotsOf.get(name) ?? []).map(({ slots }) => slots));
    if (sizes.length === 0) return [];
    const known = [
      ...sizes,
      ...plan.refused.filter(({ scenario }) => scenario === name).map(({ slots }) => slots),
    ];
    const more = unique([...defaultSlots, ...moreSlots]).filter((slots) => !known.includes(slots));
    return [{ name, sizes: sizes.toSorted((a, b) => a - b).join(', '), more: more.join(',') }];
  });
  const said = scenarios.map(({ name, sizes }) => [name, sizes] as const);
  const withMore = scenarios.filter(({ more }) => more !== '');
  return [
    ...mostly(said, (sizes) => `sizes other than ${sizes} ${sizes === '1' ? 'slot' : 'slots'}`),
    ...[...groupsOf(withMore, ({ more }) => more)].map(([slots, group]) => {
      const names = group.map(({ name }) => name);
      return names.length === 1
        ? `  more with --scenario ${names.join()} --slots ${slots}`
        : `  more with --slots ${slots}: ${namesText(names, [...slotsOf.keys()])}`;
    }),
  ];
}

/** `all that were run`, `all that were run but duplex`, or the names: whichever is shorter. */
export function namesText(names: readonly string[], run: readonly string[]): string {
  const others = run.filter((name) => !names.includes(name));
  if (others.length === 0) return 'all that were run';
  return others.length * 2 <= names.length ? `all that were run but ${others.join(', ')}` : names.join(', ');
}

/**
 * What is said of most scenarios, and in brackets what is said of the others instead; without a majority, a line for each
 * that is said, with its scenarios. `line` makes the line of what is said.
 */
export function mostly(
  said: readonly (readonly [name: string, text: string])[],
  line: (text: string) => string,
): readonly string[] {
  const groups = [...groupsOf(said, ([, text]) => text)]
    .map(([text, group]) => ({ text, names: group.map(([name]) => name) }))
    .toSorted((a, b) => b.names.length - a.names.length);
  const [most, ...others] = groups;
  if (most === undefined) return [];
  if (others.length === 0) return [line(most.text)];
  if (most.names.length * 2 <= said.length) return groups.map((group) => listed(group, line));
  const rest = others.map(({ text, names }) => `${names.join(', ')}: ${text}`).join('; ');
  return [`${line(most.text)} (${rest})`];
}

function listed(
  { text, names }: { readonly text: string; readonly names: readonly string[] },
  line: (text: string) => string,
): string {
  return `${line(text)}: ${names.join(', ')}`;
}

function memoriesLeftOut({ plan, runs }: TargetReport, toCome: readonly string[]): readonly string[] {
  const run = new Set(runs.map(({ memory }) => memory));
  const asked = plan.loaded.target.memories.filter((name) => !run.has(name));
  return [
    ...(asked.length === 0 ? [] : [`memory models not run: ${asked.join(', ')}`]),
    ...(toCome.length === 0 ? [] : [`memory models not available yet: ${toCome.join(', ')}`]),
  ];
}

function moduli(runs: readonly RunReport[]): readonly string[] {
  const said: [name: string, text: string][] = [];
  let without = false;
  for (const [scenario, ofScenario] of groupsOf(runs, (run) => run.scenario)) {
    const values = ofScenario.flatMap(({ indexModulus }) => (indexModulus === null ? [] : [indexModulus]));
    const text = unique(values.toSorted((a, b) => a - b)).map(grouped);
    if (text.length > 0) said.push([scenario, text.join(', ')]);
    else without = true;
  }
  const line = (text: string): string => `indices other than modulo ${text}`;
  // What is said of most must not seem to be said of those that have no modulus.
  if (!without) return mostly(said, line);
  return [...groupsOf(said, ([, text]) => text)].map(([text, group]) =>
    listed({ text, names: group.map(([name]) => name) }, line),
  );
}

/** What the view machine leaves out, said wherever it proves something. */
function loadBuffering(runs: readonly RunReport[]): readonly string[] {
  if (!runs.some(({ memory }) => memory === 'rc11')) return [];
  return ['load buffering: under rc11 no load sees a store that depends on it, as Arm and RISC-V allow'];
}

/** A store had to wait for room: what was found holds for this depth only. */
function storeBuffers(runs: readonly RunReport[]): readonly string[] {
  const met = bufferedRuns(runs).filter(metBufferDepth);
  if (met.length === 0) return [];
  return [
    `store buffers deeper than theirs: ${met.map(runTitle).join('; ')} (a scenario's system sets bufferDepth)`,
  ];
}

/** The locations whose old values a core could go on reading for longer than is kept, and what ends that. */
function manyMessages(runs: readonly RunReport[]): readonly string[] {
  return runs.flatMap((run) =>
    run.incomplete?.kind === 'messages'
      ? [
          `${runTitle(run)}: values of ${run.incomplete.location} older than its newest ${run.incomplete.limit + 1}, which some core ` +
            'never leaves behind: have that core load the location, or acquire from who stores to it, or bound the messages',
        ]
      : [],
  );
}

/** What fuzzing leaves open, and the situations that it did not even meet. */
function sampled(runs: readonly RunReport[]): readonly string[] {
  const never = runs.flatMap((run) => {
    const names = run.witnesses.filter(({ reached }) => !reached).map(({ name }) => `"${name}"`);
    return names.length === 0 ? [] : [`${runTitle(run)}: never met ${names.join(', ')}`];
  });
  return ['all schedules but those run: fuzzing proves nothing', ...never];
}
