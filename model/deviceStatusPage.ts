/** The pictures of a device's and of a queue's life, and the page that shows them. Generated, as that of the slot chart. */
import { deviceStatusMachine, deviceStatusTable, deviceStatusTransitions } from './deviceStatus.ts';
import { chartDiagram, describedStates, markdownTable } from './diagram.ts';
import { queueStatusMachine, queueStatusTable, queueStatusTransitions } from './queueStatus.ts';

type Tabled = { readonly states: readonly string[]; readonly tags: readonly ReadonlySet<string>[] };

/** What is allowed in a state: `set-up, kick`. */
function allowedIn({ states, tags }: Tabled, state: string): string {
  const names = [...(tags[states.indexOf(state)] ?? [])].map((tag) => tag.replace('may:', ''));
  return names.join(', ');
}

/** `may: kick, use`; empty where nothing is allowed. */
function noteIn(chart: Tabled, state: string): string {
  const allowed = allowedIn(chart, state);
  return allowed === '' ? '' : `may: ${allowed}`;
}

/** The device's chart as Mermaid `stateDiagram-v2` text, without a fence or a final line break. */
export function deviceStatusDiagram(): string {
  return chartDiagram(deviceStatusMachine, (state) => noteIn(deviceStatusTable, state));
}

/** The queue's chart, likewise. */
export function queueStatusDiagram(): string {
  return chartDiagram(queueStatusMachine, (state) => noteIn(queueStatusTable, state));
}

function tables(
  machine: Parameters<typeof describedStates>[0],
  chart: Tabled,
  transitions: readonly {
    readonly event: string;
    readonly from: string;
    readonly to: string;
    readonly by: string;
    readonly section: string;
    readonly meaning: string;
  }[],
): readonly string[] {
  const code = (name: string): string => `\`${name}\``;
  return [
    ...markdownTable(
      ['state', 'allowed', 'meaning'],
      describedStates(machine).map(({ name, leaf, meaning }) => [
        code(name),
        leaf ? allowedIn(chart, name) : '(of its child)',
        meaning,
      ]),
    ),
    '',
    ...markdownTable(
      ['event', 'from', 'to', 'caused by', 'VirtIO 1.2', 'meaning'],
      transitions.map(({ event, from, to, by, section, meaning }) => [
        code(event),
        code(from),
        code(to),
        by,
        section,
        meaning,
      ]),
    ),
  ];
}

/** The whole page `docs/device-status-statechart.md`, with its final line break. `npm run generate` writes it there. */
export function deviceStatusDocument(): string {
  return [
    '<!-- Generated from model/deviceStatus.ts and model/queueStatus.ts. Do not edit: change the charts, then run `npm run generate`. -->',
    '',
    '# The statecharts of a VirtIO device and of its queues',
    '',
    'What the status of a device says, who may change it, and what either side may do meanwhile. An event that a state has',
    'no arrow for is illegal there, and reported as a violation. Events of the driver happen when it writes, those of the',
    'device when it stores the outcome. What concerns a queue must be legal in both charts.',
    '',
    '## The device',
    '',
    '```mermaid',
    deviceStatusDiagram(),
    '```',
    '',
    ...tables(deviceStatusMachine, deviceStatusTable, deviceStatusTransitions),
    '',
    '## A queue',
    '',
    '```mermaid',
    queueStatusDiagram(),
    '```',
    '',
    ...tables(queueStatusMachine, queueStatusTable, queueStatusTransitions),
    '',
  ].join('\n');
}
