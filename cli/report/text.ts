/**
 * The report of `check` and `fuzz` for a person. For each target a table of verdicts, what its scenarios declare to be
 * violated, what else went wrong and how to see it, and what was not covered; at the end a summary that can stand alone.
 */
import type { TargetReport } from '../runReport.ts';
import { declaredFindings, declaredTable } from './declared.ts';
import { detailsOf } from './details.ts';
import { notCovered } from './notCovered.ts';
import { longestOperations, operationsTable, storeBuffersText } from './operations.ts';
import { type SummaryOptions, summary } from './summary.ts';
import { hasNotifications, notificationLegend, verdictTable } from './verdictTable.ts';

export interface TextReportOptions extends SummaryOptions {
  /** Memory models that the vocabulary has and the checker has not yet. */
  readonly memoriesToCome: readonly string[];
  /** Show the longest operations of each run, instead of those of all runs. */
  readonly operations: boolean;
}

/** So many declared violations of a target are told one by one; more of them are a table. */
const FEW_DECLARED = 8;

/** The whole report. */
export function textReport(targets: readonly TargetReport[], options: TextReportOptions): string {
  // What its columns mean is said once.
  const explained = targets.find(({ runs }) => hasNotifications(runs));
  const sections = targets.flatMap((target) => targetSections(target, target === explained, options));
  return `${[...sections, summary(targets, options)].join('\n\n')}\n`;
}

function targetSections(
  report: TargetReport,
  withLegend: boolean,
  { colors, operations, memoriesToCome }: TextReportOptions,
): readonly string[] {
  const { runs, plan } = report;
  const { target } = plan.loaded;
  const declared = declaredFindings(runs);
  const isMany = declared.length > FEW_DECLARED;
  const verdicts = [`${colors.bold(target.name)}: ${target.title}`, verdictTable(runs, colors)];
  const figures = [operations ? operationsTable(runs) : longestOperations(runs), storeBuffersText(runs)];
  return [
    [...verdicts, ...(withLegend ? [notificationLegend] : [])].join('\n'),
    isMany ? declaredTable(declared, colors) : '',
    detailsOf(runs, colors, { withDeclared: !isMany }),
    figures.filter((text) => text !== '').join('\n'),
    notCovered(report, { heading: colors.bold('Not covered:'), memoriesToCome }),
  ].filter((section) => section !== '');
}
