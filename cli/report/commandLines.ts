/** What to paste into a shell: to see a trace, to have one written, to run what was left out. */
import type { Selection } from '../plan.ts';
import type { RunReport } from '../runReport.ts';

/** As one word of a shell. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What to paste to see a trace. */
export function replayCommand(file: string, run: Pick<RunReport, 'target' | 'asTyped'>): string {
  const target = run.asTyped === run.target ? '' : ` --target ${shellQuoted(run.asTyped)}`;
  return `npx vqcheck replay ${shellQuoted(file)}${target}`;
}

/** What to paste to have the traces of one run written; the folder is still to be chosen. */
export function traceCommand(run: Pick<RunReport, 'asTyped' | 'scenario' | 'slots' | 'memory'>): string {
  const selection = { scenarios: [run.scenario], slots: [run.slots], memories: [run.memory] };
  return `${checkLine([run.asTyped], { ...selection, defects: undefined, properties: undefined })} --out DIR`;
}

/** The command that checks the targets with the selection; `--quick` is no part of it. */
export function checkLine(targets: readonly string[], selection: Omit<Selection, 'quick'>): string {
  const defects = selection.defects?.map((set) => (set.length === 0 ? 'none' : set.join('+')));
  const lists: readonly (readonly [option: string, values: readonly (string | number)[] | undefined])[] = [
    ['--scenario', selection.scenarios],
    ['--slots', selection.slots],
    ['--memory', selection.memories],
    ['--defect', defects],
    ['--property', selection.properties],
  ];
  const words = lists.flatMap(([option, values]) => (values === undefined ? [] : [option, values.join(',')]));
  return ['npx', 'vqcheck', 'check', ...targets, ...words].map(shellQuoted).join(' ');
}
