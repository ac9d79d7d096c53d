/** Why something breaks under a weak memory model only, in lines for a person. */
import type { Difference, FenceAdvice, FencePlace, RunAccess } from '../../checker/index.ts';

/** Empty: there is nothing to say. Lines that belong to the one before are indented by two more. */
export function differenceLines(difference: Difference | null): readonly string[] {
  if (difference === null) return [];
  const { memory, underSc, delayed, stale, placed, remedy, limits } = difference;
  if (underSc === 'violated') return ['under sc it is broken, too: no fence will do'];
  const heading =
    underSc === 'holds'
      ? `what is different under ${memory} (under sc the property holds):`
      : `what is different under ${memory} (whether the property holds under sc was not found out in the bound on states):`;
  return [
    heading,
    ...delayed.flatMap(({ store, until, past, pastAt }) => [
      `  ${accessText(store)} reached the memory ${until === null ? 'not before the end' : `at step ${until} only`}`,
      `    after ${accessText(past)}${pastAt === past.step ? '' : `, seen from step ${pastAt} on`}`,
    ]),
    ...stale.flatMap(({ load, from, missed }) => [
      `  ${accessText(load)} read ${from === null ? 'the initial value' : `what ${byWhom(from)} stored`}`,
      `    and missed ${accessText(missed)}`,
    ]),
    ...placed.flatMap(({ store, before }) => [
      `  ${accessText(store)} was placed before one that was made earlier:`,
      `    ${accessText(before)}`,
    ]),
    ...remedyLines(difference, remedy),
    ...limits.map((limit) => `  (${limit})`),
  ];
}

function remedyLines(
  { delayed, stale, placed }: Difference,
  remedy: Difference['remedy'],
): readonly string[] {
  if (remedy === null)
    return delayed.length + stale.length + placed.length === 0
      ? []
      : ['  no fences were found that would have forbidden the run'];
  const { fences, effect } = remedy;
  return [
    ...fences.flatMap((fence, i) => [
      `  ${i === 0 ? 'forbidden by' : 'together with'} a fence ${fence.edit.order} ${betweenText(fence)}`,
      ...weakerText(fence),
      ...fence.alternatives.map((other) => `    or ${betweenText(other)}`),
    ]),
    `    tried: ${effects[effect]}`,
  ];
}

const effects = {
  proved: 'with it the property holds in the whole scenario',
  run: 'with it no run reads these values and breaks the property, but some other run breaks it',
  unknown:
    'with it no run reads these values and breaks the property; the whole scenario has more states than were tried',
} as const;

function weakerText({ tooWeak }: FenceAdvice): readonly string[] {
  return tooWeak.length === 0 ? [] : [`    there, too weak: ${tooWeak.join(', ')}`];
}

/** `between the load at queue.ts:379 and the store at queue.ts:379 in send_try`. */
function betweenText({ edit, after, before }: FencePlace): string {
  const where = edit.operation === null ? '' : ` in ${edit.operation}`;
  const at = ({ access, site, agent }: RunAccess): string =>
    `the ${access} ${site === null ? `of ${agent}` : `at ${site}`}`;
  return `between ${at(after)} and ${at(before)}${where}`;
}

/** `step 14, store desc[0].flags = 128 (master, impl/esp-amp/queue.ts:379)`. */
function accessText({ step, agent, access, location, value, site }: RunAccess): string {
  const what = [access, ...(location === '' ? [] : [location]), ...(value === null ? [] : [`= ${value}`])];
  return `step ${step}, ${what.join(' ')} (${[agent, ...(site === null ? [] : [site])].join(', ')})`;
}

function byWhom({ step, agent, site }: RunAccess): string {
  return `${agent} in step ${step}${site === null ? '' : ` (${site})`}`;
}
