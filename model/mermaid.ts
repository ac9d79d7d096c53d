/**
 * The picture of the slot chart, and the page that shows it. Generated from the machine, never drawn: a test compares the
 * committed page with what this file makes.
 */
import { chartDiagram, describedStates, markdownTable } from './diagram.ts';
import { slotMachine } from './slot.ts';
import { ownerOf, slotStateIndex, slotStates } from './table.ts';
import { slotTransitions } from './transitions.ts';

/** Who owns a buffer in a state, by the state's name; empty for a state with children. */
const ownerOfState = (name: string): string =>
  slotStates
    .filter((state) => state === name)
    .map((state) => ownerOf(slotStateIndex(state)))
    .join();

/** The chart as Mermaid `stateDiagram-v2` text, without a fence or a final line break. */
export function slotDiagram(): string {
  return chartDiagram(slotMachine, (state) => `owner: ${ownerOfState(state)}`);
}

/**
 * The whole page `docs/slot-statechart.md`, with its final line break. `npm run generate` writes it there.
 */
export function slotDocument(): string {
  return [
    '<!-- Generated from model/slot.ts. Do not edit: change the chart, then run `npm run generate`. -->',
    '',
    '# The statechart of a slot',
    '',
    'A slot stands for one buffer. The chart says who owns the buffer, that is, who may touch its bytes; an event that',
    'a state has no arrow for is illegal there, and reported as a violation.',
    '',
    '```mermaid',
    slotDiagram(),
    '```',
    '',
    '## States',
    '',
    ...markdownTable(
      ['state', 'owner', 'meaning'],
      describedStates(slotMachine).map(({ name, leaf, meaning }) => [
        `\`${name}\``,
        leaf ? ownerOfState(name) : '(of its child)',
        meaning,
      ]),
    ),
    '',
    '## Events',
    '',
    'Ownership moves over intervals. An operation that acquires gives ownership when it returns with success; one that',
    'releases takes it away when it is called. In between, nobody owns the buffer. If the releasing operation returns',
    'an error, the event called `.failed` gives the buffer back. A failed operation must have had no effect: if the',
    'other side has moved the buffer on before the error return, that event is illegal.',
    '',
    ...markdownTable(
      ['event', 'from', 'to', 'caused by', 'at the', 'meaning'],
      slotTransitions.map(({ event, from, to, by, at, meaning }) => [
        `\`${event}\``,
        `\`${from}\``,
        `\`${to}\``,
        by,
        at,
        meaning,
      ]),
    ),
    '',
  ].join('\n');
}
