/**
 * The picture of the chart, and the page that shows it. Generated from the machine, never drawn: a test compares the
 * committed page with what this file makes.
 */
import { slotMachine } from './slot.ts';
import { ownerOf, slotStateIndex, slotStates } from './table.ts';
import { slotTransitions } from './transitions.ts';

type StateNode = typeof slotMachine.root;

/** Mermaid gives dots in identifiers a meaning of their own, so `used.held` is drawn as `used_held`. */
const idOf = (path: readonly string[]): string => path.join('_');

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

function childrenOf(node: StateNode): readonly StateNode[] {
  // The cast is true because every node of a machine has the machine's types; XState declares the record wider.
  return Object.values(node.states) as unknown as readonly StateNode[];
}

function drawState(node: StateNode): readonly string[] {
  const name = node.path.join('.');
  const children = childrenOf(node);
  if (children.length > 0) {
    return [`state "${name}" as ${idOf(node.path)} {`, ...indent(children.flatMap(drawState)), '}'];
  }
  const owner = slotStates.filter((state) => state === name).map((state) => ownerOf(slotStateIndex(state)));
  return [
    `state "${name}" as ${idOf(node.path)}`,
    `note right of ${idOf(node.path)}`,
    `  owner: ${owner}`,
    'end note',
  ];
}

function drawTransitions(node: StateNode): readonly string[] {
  const own = [...node.transitions.values()]
    .flat()
    .flatMap(({ eventType, target }) =>
      (target ?? [node]).map(({ path }) => `${idOf(node.path)} --> ${idOf(path)} : ${eventType}`),
    );
  return [...own, ...childrenOf(node).flatMap(drawTransitions)];
}

/** The chart as Mermaid `stateDiagram-v2` text, without a fence or a final line break. */
export function slotDiagram(): string {
  const { root } = slotMachine;
  const states = childrenOf(root);
  return [
    'stateDiagram-v2',
    ...indent([
      ...states.flatMap(drawState),
      ...root.initial.target.map(({ path }) => `[*] --> ${idOf(path)}`),
      ...states.flatMap(drawTransitions),
    ]),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function describeStates(node: StateNode): readonly (readonly string[])[] {
  const name = node.path.join('.');
  const owner = slotStates.filter((state) => state === name).map((state) => ownerOf(slotStateIndex(state)));
  const row = [`\`${name}\``, owner.join() || '(of its child)', node.description ?? ''];
  return [row, ...childrenOf(node).flatMap(describeStates)];
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
    ...table(['state', 'owner', 'meaning'], childrenOf(slotMachine.root).flatMap(describeStates)),
    '',
    '## Events',
    '',
    'Ownership moves over intervals. An operation that acquires gives ownership when it returns with success; one that',
    'releases takes it away when it is called. In between, nobody owns the buffer. If the releasing operation returns',
    'an error, the event called `.failed` gives the buffer back. A failed operation must have had no effect: if the',
    'other side has moved the buffer on before the error return, that event is illegal.',
    '',
    ...table(
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
