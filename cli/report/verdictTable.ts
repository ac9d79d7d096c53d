/** The verdicts of a target: a row a run. */
import Table from 'cli-table3';
import type { WorstRate } from '../../checker/index.ts';
import type { RunReport } from '../runReport.ts';
import type { Colors } from '../terminal.ts';
import { grouped } from './progress.ts';
import { secondsText } from './words.ts';

/** Box lines without one between every two rows. */
export const tableStyle = { head: [], border: [], compact: true };

/** What the columns of `verdictTable` about notification mean. */
export const notificationLegend =
  'at worst: doorbells rung, interrupts taken and interrupts taken for nothing a message received (∞: without end);\n' +
  'steps of the receiving core between the end of a send and the taking of its message';

/** Whether the table has columns about notification. */
export function hasNotifications(runs: readonly RunReport[]): boolean {
  return runs.some(({ notifications }) => notifications !== null);
}

export function verdictTable(runs: readonly RunReport[], colors: Colors): string {
  const withDefects = runs.some(({ defects }) => defects.length > 0);
  const fuzzed = runs.some(({ schedules }) => schedules !== null);
  const counts = fuzzed ? ['schedules', 'steps', 'longest'] : ['states', 'transitions', 'depth'];
  const head = [
    'scenario',
    'slots',
    'memory',
    ...(withDefects ? ['defects'] : []),
    'verdict',
    ...counts,
    'time',
  ];
  const notified = hasNotifications(runs);
  if (notified) head.push('doorbells', 'interrupts', 'spurious', 'wait');
  const left = withDefects ? 5 : 4;
  const colAligns = head.map((_, i) => (i === 1 || i >= left ? 'right' : 'left') as 'right' | 'left');
  const table = new Table({ head, colAligns, style: tableStyle });
  for (const run of runs) {
    table.push([
      run.scenario,
      String(run.slots),
      run.memory,
      ...(withDefects ? [run.defects.join(' + ')] : []),
      painted(run, shortened(run.headline, 76), colors),
      grouped(run.schedules ?? run.states),
      grouped(run.transitions),
      grouped(run.depth),
      secondsText(run.seconds),
      ...(notified ? notificationCells(run) : []),
    ]);
  }
  return table.toString();
}

function painted(run: RunReport, text: string, colors: Colors): string {
  switch (run.tone) {
    case 'good':
      return colors.green(text);
    case 'bad':
      return colors.red(text);
    case 'unknown':
      return colors.yellow(text);
  }
}

function notificationCells({ notifications: worst }: RunReport): readonly string[] {
  if (worst === null) return ['', '', '', ''];
  const rate = (of: WorstRate): string => {
    if (of === null) return '?';
    if (of === 'unbounded') return '∞';
    return of.messages === 1 ? String(of.most) : `${of.most}/${of.messages}`;
  };
  const wait = worst.longestWait === 'unbounded' ? '∞' : grouped(worst.longestWait);
  return [
    rate(worst.doorbellsPerMessage),
    rate(worst.interruptsPerMessage),
    rate(worst.spuriousPerMessage),
    wait,
  ];
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
