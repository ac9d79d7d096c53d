/** What went wrong in runs, finding by finding, each with the command that shows it. */
import type { RunReport } from '../runReport.ts';
import type { Colors } from '../terminal.ts';
import { replayCommand } from './commandLines.ts';
import { type Finding, isDeclared } from './declared.ts';
import { differenceLines } from './difference.ts';
import { lengthText, runTitle } from './words.ts';

/** In the order run. `withDeclared`: also what scenarios declare. */
export function detailsOf(
  runs: readonly RunReport[],
  colors: Colors,
  { withDeclared }: { readonly withDeclared: boolean },
): string {
  return runs
    .filter((run) => withDeclared || !isDeclared(run))
    .flatMap((run) => runDetails(run, colors))
    .join('\n\n');
}

function runDetails(run: RunReport, colors: Colors): readonly string[] {
  const details = run.violations.map((violation) => {
    const isNamed = run.expected.includes(violation.property);
    return findingText({ run, violation, isNamed }, colors);
  });
  if (run.verdict === 'error' && run.message !== null) {
    details.push(block(`${runTitle(run)}: ${colors.red('error')}`, [run.message]));
  }
  if (run.verdict === 'proved' && !run.asExpected) {
    const missed = run.expected === 'proved' ? '' : run.expected.join(', ');
    details.push(block(`${runTitle(run)}: ${colors.red('proved')}`, [`expected to violate ${missed}`]));
  }
  return details;
}

function findingText({ run, violation, isNamed }: Finding, colors: Colors): string {
  const { property, message, file, difference } = violation;
  const declared = isDeclared(run);
  const name =
    declared && isNamed
      ? colors.yellow(property)
      : `${colors.red(property)}${declared ? ' (not declared by the scenario)' : ''}`;
  const length = lengthText(violation);
  return block(`${runTitle(run)}: ${name}`, [
    message,
    ...(file === null
      ? [declared ? `${length}; for a trace of it: --out DIR` : length]
      : [`trace: ${file} (${length})`, colors.bold(replayCommand(file, run))]),
    ...differenceLines(difference),
  ]);
}

function block(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}
