/** What several commands share: their options, and how a report leaves the process. */
import { dirname } from 'node:path';
import { memoryModelNames, type System, TargetError } from '../../checker/index.ts';
import { expectWritable, writeAtomically } from '../files.ts';
import { memoryModelVocabulary, type PlannedRun, type Selection } from '../plan.ts';
import type { Judgement } from '../runReport.ts';
import type { Terminal } from '../terminal.ts';

/** Options by which runs are selected, as parsed. */
export interface SelectionOptions {
  readonly scenario?: readonly string[];
  readonly slots?: readonly number[];
  readonly memory?: readonly string[];
  readonly defect?: readonly string[];
  readonly property?: readonly string[];
}

/** The selection that the options make. */
export function selectionOf(options: SelectionOptions, defects: Selection['defects']): Selection {
  return {
    scenarios: options.scenario,
    slots: options.slots,
    memories: options.memory,
    defects,
    properties: options.property,
  };
}

/** Where the JSON report goes: nowhere, standard output (`-`), or a file. */
export type JsonDestination =
  | { readonly kind: 'none' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string };

/** @throws UsageError when the file could not be written. */
export function jsonDestination(option: string | undefined): JsonDestination {
  if (option === undefined) return { kind: 'none' };
  if (option === '-') return { kind: 'stdout' };
  expectWritable(dirname(option));
  return { kind: 'file', path: option };
}

/** Writes the JSON to its destination, and the text to standard output unless the JSON is there. */
export function deliver(
  terminal: Terminal,
  destination: JsonDestination,
  json: () => string,
  text: () => string,
): void {
  terminal.out.write(destination.kind === 'stdout' ? json() : text());
  // After the text: should the file turn out not to be writable, that is not lost.
  if (destination.kind === 'file') writeAtomically(destination.path, json());
}

/** The system of a run. @throws TargetError `setup-failed` when the scenario throws: a target of a user's may. */
export function systemOf({ scenario, params }: PlannedRun): System {
  try {
    return scenario.system(params);
  } catch (cause) {
    if (cause instanceof TargetError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TargetError('setup-failed', `scenario ${scenario.name} could not make its system: ${message}`, {
      cause,
    });
  }
}

/**
 * Where the traces of a run go. What a scenario declares to be violated, without any seeded defect, is no news: it is written
 * down only where `--out` asks for it. Null: nowhere.
 */
export function traceFolder(
  { asExpected }: Pick<Judgement, 'asExpected'>,
  { defects }: Pick<PlannedRun['params'], 'defects'>,
  folder: string | null,
  out: string | undefined,
): string | null {
  return asExpected && defects.length === 0 ? (out ?? null) : folder;
}

/** Memory models of the vocabulary that the checker has not yet. */
export const memoriesToCome: readonly string[] = memoryModelVocabulary.filter(
  (name) => !memoryModelNames.some((known) => known === name),
);

export const jsonHelp = 'write the report as JSON to FILE, or to standard output (-) instead of the text';
