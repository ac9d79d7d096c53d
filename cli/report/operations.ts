/** How many accesses operations made at most, and what was waiting in store buffers: over whole spaces. */
import Table from 'cli-table3';
import type { RunReport } from '../runReport.ts';
import { tableStyle } from './verdictTable.ts';
import { counted, runTitle, wrapped } from './words.ts';

/** So many operations are all named; of more, so many of the longest. */
const MOST_NAMED = 8;

/** The longest run of each operation, over all runs; empty: not known of any. */
export function longestOperations(runs: readonly RunReport[]): string {
  const longest = new Map<string, number>();
  for (const run of runs) {
    for (const [operation, accesses] of Object.entries(run.longestOperations ?? {})) {
      longest.set(operation, Math.max(accesses, longest.get(operation) ?? 0));
    }
  }
  if (longest.size === 0) return '';
  const text = ([operation, accesses]: readonly [string, number]): string => `${operation} ${accesses}`;
  const byName = [...longest].sort(([a], [b]) => (a < b ? -1 : 1));
  if (byName.length <= MOST_NAMED) {
    return wrapped('Accesses of the longest run of each operation: ', byName.map(text));
  }
  const byLength = byName.toSorted(([, a], [, b]) => b - a);
  const [most = 0] = byLength.slice(MOST_NAMED).map(([, accesses]) => accesses);
  const others = counted(byLength.length - MOST_NAMED, 'other');
  return wrapped('Accesses of the longest operations: ', [
    ...byLength.slice(0, MOST_NAMED).map(text),
    `${others} at most ${most} (each of them: --operations)`,
  ]);
}

/** A row a run, a column an operation. */
export function operationsTable(runs: readonly RunReport[]): string {
  const names = [
    ...new Set(runs.flatMap(({ longestOperations }) => Object.keys(longestOperations ?? {}))),
  ].sort();
  const title = 'Accesses of the longest run of each operation:';
  if (names.length === 0) return `${title} not known`;
  const head = ['run', ...names];
  const colAligns = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right');
  const table = new Table({ head, colAligns, style: tableStyle });
  for (const run of runs) {
    const { longestOperations: longest } = run;
    table.push([
      runTitle(run),
      ...names.map((name) => (longest === null ? '?' : String(longest[name] ?? ''))),
    ]);
  }
  const unknown = runs.some(({ longestOperations }) => longestOperations === null);
  return [title, table.toString(), ...(unknown ? ['?: not all of the space was explored'] : [])].join('\n');
}

/** Runs whose store buffers have a depth that bounds what they prove. */
export function bufferedRuns(runs: readonly RunReport[]): readonly RunReport[] {
  return runs.filter(({ bufferDepth, memory }) => bufferDepth !== null && memory !== 'rc11');
}

/** Whether a store had to wait for room, so that what was found holds for this depth only. */
export function metBufferDepth({ incomplete }: RunReport): boolean {
  return incomplete?.kind === 'buffer';
}

/** That the depth of store buffers took nothing away; empty: there were none, or it did. */
export function storeBuffersText(runs: readonly RunReport[]): string {
  const buffered = bufferedRuns(runs);
  if (buffered.length === 0 || buffered.some(metBufferDepth)) return '';
  const deepest = Math.max(...buffered.map(({ deepestBuffer }) => deepestBuffer));
  const far = buffered.some(({ verdict }) => verdict === 'incomplete') ? ', as far as explored' : '';
  const most = deepest === 0 ? 'no store ever waited' : `at most ${counted(deepest, 'store')} waited in one`;
  return `Store buffers: ${most}, and none lacked room${far}: their depth left nothing out.`;
}
