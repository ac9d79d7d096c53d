/** Pictures of charts in Mermaid's language, and what documents about charts are made of. */
import type { AnyStateMachine } from 'xstate';

type StateNode = AnyStateMachine['root'];

/** Mermaid gives dots in identifiers a meaning of their own, so `used.held` is drawn as `used_held`. */
const idOf = (path: readonly string[]): string => path.join('_');

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const nameOf = (node: StateNode): string => node.path.join('.');

function childrenOf(node: StateNode): readonly StateNode[] {
  return Object.values(node.states);
}

/** What is noted beside a leaf state, by its name: one line, or none where it is empty. */
export type NoteOf = (state: string) => string;

function drawState(node: StateNode, noteOf: NoteOf): readonly string[] {
  const children = childrenOf(node);
  if (children.length > 0) {
    return [
      `state "${nameOf(node)}" as ${idOf(node.path)} {`,
      ...indent(children.flatMap((child) => drawState(child, noteOf))),
      '}',
    ];
  }
  const note = noteOf(nameOf(node));
  return [
    `state "${nameOf(node)}" as ${idOf(node.path)}`,
    ...(note === '' ? [] : [`note right of ${idOf(node.path)}`, `  ${note}`, 'end note']),
  ];
}

/** Events that lead from one state to the same other one share an arrow. */
function drawTransitions(node: StateNode): readonly string[] {
  const events = new Map<string, string[]>();
  for (const { eventType, target } of [...node.transitions.values()].flat()) {
    for (const { path } of target ?? [node]) {
      const arrow = `${idOf(node.path)} --> ${idOf(path)}`;
      events.set(arrow, [...(events.get(arrow) ?? []), eventType]);
    }
  }
  const own = [...events].map(([arrow, names]) => `${arrow} : ${names.join(', ')}`);
  return [...own, ...childrenOf(node).flatMap(drawTransitions)];
}

/** A chart as Mermaid `stateDiagram-v2` text, without a fence or a final line break. */
export function chartDiagram({ root }: AnyStateMachine, noteOf: NoteOf): string {
  const states = childrenOf(root);
  return [
    'stateDiagram-v2',
    ...indent([
      ...states.flatMap((state) => drawState(state, noteOf)),
      ...root.initial.target.map(({ path }) => `[*] --> ${idOf(path)}`),
      ...states.flatMap(drawTransitions),
    ]),
  ].join('\n');
}

/** A table in Markdown, line by line. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** All states but the root, parents before children. */
export type DescribedState = { readonly name: string; readonly leaf: boolean; readonly meaning: string };

/** What a chart says about its states, in its order. */
export function describedStates({ root }: AnyStateMachine): readonly DescribedState[] {
  const describe = (node: StateNode): readonly DescribedState[] => [
    { name: nameOf(node), leaf: childrenOf(node).length === 0, meaning: node.description ?? '' },
    ...childrenOf(node).flatMap(describe),
  ];
  return childrenOf(root).flatMap(describe);
}
